import { installBridge } from '../bundle/bridge.ts'
import { stopBundler } from '../bundle/esbuild.ts'
import { createServices } from '../container/container.ts'
import { PluginError } from '../contract/index.ts'
import { sortByNeeds } from '../discover/order.ts'
import { createHub } from '../events/hub.ts'
import type { HostContext } from '../generation/host.ts'
import { LeakCheck } from '../generation/leak-check.ts'
import { buildLive } from '../generation/live.ts'
import { Pins } from '../generation/pins.ts'
import { SharedPool } from '../generation/shared.ts'
import { Jobs } from '../jobs/jobs.ts'
import type { EventHub, Kernel, KernelOptions } from '../ports.ts'
import { type Core, LIMITS, type Limits, live, serving } from './core.ts'
import { drain } from './drain.ts'
import { fileFacts, guardFacts, storeFacts } from './facts.ts'
import { takeFault } from './fault.ts'
import { LastGood } from './last-good.ts'
import { Lock } from './lock.ts'
import { Quarantine } from './quarantine.ts'
import { fallBack, transact } from './run.ts'
import { folderSources, type Sources } from './sources.ts'
import { stage } from './stage.ts'
import { readStatus } from './status.ts'
import { reloadAll, watchPlugins } from './watch.ts'

const LEAK_CHECK_MS = 10 * 60_000

/** What specs and the author's bench put in place of the real thing. */
export interface Tuning {
  readonly limits?: Partial<Limits>
  readonly sources?: Sources
}

/** A kernel, and what its specs measure on it. */
export interface MeasuredKernel extends Kernel {
  /** Generations per plugin whose code is still in memory, retired ones included. */
  alive(): ReadonlyMap<string, number>
  /** Resolves when no drain is in progress. */
  drained(): Promise<void>
}

/** The kernel core of one plane. */
export function createKernel(options: KernelOptions, tuning: Tuning = {}): MeasuredKernel {
  installBridge()
  const core = createCore(options, tuning)
  connectPlane(core)
  let endWatch: (() => Promise<void>) | undefined
  let leakTimer: NodeJS.Timeout | undefined

  return {
    plane: options.plane,
    events: core.hub,
    snapshot: () => live(core).snapshot,
    pin: () => core.pins.pin(),
    status: () => readStatus(core),
    manifest(plugin) {
      const slot = core.slots.get(plugin)
      return slot?.candidate?.manifest ?? slot?.serving?.origin.manifest
    },
    transactions: () => [...core.history],
    reload: (plugin, by) => transact(core, plugin, by),
    stage: (plugin, by) => stage(core, plugin, by),
    fault: error => takeFault(core, error),
    alive: () => withServing(core),
    async drained() {
      await Promise.all(core.drains)
    },
    onTransaction(listener) {
      core.listeners.add(listener)
      return () => void core.listeners.delete(listener)
    },
    async start() {
      await loadAll(core)
      leakTimer = setInterval(() => core.leaks.report(options.log), LEAK_CHECK_MS).unref()
      if (options.watch) endWatch = await startWatch(core)
    },
    async stop(deadlineMs) {
      clearInterval(leakTimer)
      await endWatch?.()
      await stopAll(core, deadlineMs)
    },
  }
}

function createCore(options: KernelOptions, tuning: Tuning): Core {
  const services = options.services ?? new Map<string, unknown>()
  const pins = new Pins(buildLive(0, [], services))
  const { store, buildDir, plane, log } = options
  const facts = guardFacts(store === undefined ? fileFacts(buildDir, plane) : storeFacts(store), log)
  const hub = createHub({
    log: options.log,
    declared: key =>
      (pins.live.listeners.get(key) ?? []).map(({ generation, call }) => ({ call, log: generation.log })),
  })
  const shared = new SharedPool()
  const core: Core = {
    options,
    limits: { ...LIMITS, ...tuning.limits },
    sources: tuning.sources ?? folderSources(options.plane, options, options.buildDir),
    pins,
    services: createServices(services),
    shared,
    jobs: new Jobs(),
    hub,
    host: createHostContext(options, pins, hub, shared, () => core.staging),
    lock: new Lock(),
    leaks: new LeakCheck(),
    quarantine: new Quarantine(facts),
    lastGood: new LastGood(facts),
    slots: new Map(),
    staging: [],
    staged: null,
    history: [],
    listeners: new Set(),
    drains: new Set(),
    stopping: false,
    nextId: 0,
  }
  return core
}

function createHostContext(
  options: KernelOptions,
  pins: Pins,
  hub: EventHub,
  shared: SharedPool,
  staging: () => Core['staging'],
): HostContext {
  const { dashboardPlane, gatewayPlane } = options
  return {
    plane: options.plane,
    run: options.run,
    secrets: options.secrets,
    shared,
    db: options.store?.db,
    findService(key, generation) {
      const staged = generation.state === 'starting' ? staging() : []
      const found = staged.find(other => other.declared.services.has(key))
      return found === undefined ? pins.live.snapshot.services.get(key) : found.declared.services.get(key)
    },
    contributions: key => pins.live.snapshot.points.get(key) ?? [],
    emit: (event, payload) => hub.emit(event, payload),
    publish: (key, value) => dashboardPlane?.publish(key, value),
    snapshotValue: key => gatewayPlane?.value(key),
    record(key, row) {
      if (gatewayPlane === undefined) throw new Error('host.record needs the gateway plane')
      return gatewayPlane.record(key, row)
    },
  }
}

/** Lets records find their handlers and published values their listeners, always through the view in force. */
function connectPlane(core: Core): void {
  const { dashboardPlane, gatewayPlane, log } = core.options
  dashboardPlane?.setHandlers(key => live(core).records.get(key) ?? [])
  gatewayPlane?.onValues(changed => {
    for (const key of changed) {
      const value = gatewayPlane.value(key)
      for (const { generation, call } of live(core).values.get(key) ?? []) {
        try {
          call(value)
        } catch (error) {
          generation.log.error({ err: error, value: key }, 'a listener to a published value threw')
        }
      }
    }
  })
  if (dashboardPlane === undefined && core.options.plane === 'dashboard') log.debug({}, 'no plane to the gateway')
}

/** Loads everything, providers first. A plugin that fails falls back to its last good bundle before its dependants' turn. */
async function loadAll(core: Core): Promise<void> {
  const candidates = core.sources.discover()
  for (const { id } of sortByNeeds(candidates)) {
    try {
      await transact(core, id, 'start', { candidates })
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      await fallBack(core, id)
    }
  }
}

function startWatch(core: Core): Promise<() => Promise<void>> {
  const { builtinDir, extraDir, log } = core.options
  return watchPlugins({
    dirs: [builtinDir, extraDir],
    failed: error => log.error({ err: error }, 'watching the plugins failed'),
    changed(plugins) {
      const known = sortByNeeds(core.sources.discover()).map(({ id }) => id)
      const gone = [...plugins].filter(id => !known.includes(id) && core.slots.has(id))
      const there = known.filter(id => plugins.has(id))
      return reloadAll([...gone, ...there], id => transact(core, id, 'watch'))
    },
  })
}

/** Empties the snapshot, then drains what left it. Past the deadline everything is retired regardless. */
async function stopAll(core: Core, deadlineMs: number): Promise<void> {
  core.stopping = true
  await core.staged?.('the process stops')
  const release = await core.lock.acquire()
  const old = serving(core)
  for (const generation of old) {
    generation.stopJobs?.()
    generation.state = 'draining'
  }
  core.nextId += 1
  core.pins.replace(buildLive(core.nextId, [], core.options.services ?? new Map()))
  for (const slot of core.slots.values()) slot.serving = null
  await drain(core, old, { ...core.limits, soft: 0, hard: deadlineMs })
  await Promise.race([Promise.all(core.drains), new Promise(resolve => setTimeout(resolve, deadlineMs).unref())])
  await stopBundler()
  release()
}

function withServing(core: Core): ReadonlyMap<string, number> {
  const counts = new Map(core.leaks.alive())
  for (const slot of core.slots.values()) {
    if (slot.alive.size > 0) counts.set(slot.id, (counts.get(slot.id) ?? 0) + slot.alive.size)
  }
  return counts
}
