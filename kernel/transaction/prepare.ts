import type { Phase } from '../contract/index.ts'
import { dependantsOf } from '../discover/order.ts'
import { createGeneration, forgetCode, type Generation, type Origin } from '../generation/generation.ts'
import type { PendingMigrations } from '../ports.ts'
import { loadConfig } from './config.ts'
import { type Core, logError, serving, slotOf } from './core.ts'
import { asPluginError } from './errors.ts'
import { childLog } from './log.ts'
import { bundleAll, checkVersions, type Member, type PrepareOptions, verify } from './members.ts'
import { setUp } from './setup.ts'
import type { Steps } from './steps.ts'
import { withinTime } from './within-time.ts'

const REHEARSAL_MS = 50

/** A transaction ready for its commit. */
export interface Prepared {
  readonly plugin: string
  /** The plugin and its dependants, providers first. */
  readonly closure: readonly string[]
  /** One new generation for each plugin of the closure; empty when the plugin is to be removed. */
  readonly fresh: readonly Generation[]
  readonly removed: boolean
  /** Plugins of the closure that run from a bundle that served before, because their sources do not load. */
  readonly proven: ReadonlySet<string>
  /** Whether the gateway has a say. */
  readonly onGateway: boolean
}

/** Phases verify to probe. Leaves nothing behind when one fails: the old generations never noticed. */
export async function prepare(core: Core, plugin: string, options: PrepareOptions): Promise<Prepared> {
  const { steps } = options
  const all = options.candidates ?? core.sources.discover()
  const target = await steps.run('verify', plugin, () => verify(core, plugin, all, options))
  if (target === null) return removal(core, plugin)
  const dependants = dependantsOf(
    plugin,
    serving(core).map(({ plugin: id, origin }) => ({ id, manifest: origin.manifest })),
  )
  const members = await steps.run('bundle', plugin, () => bundleAll(core, target, dependants, all, options))
  checkVersions(core, members)
  await settle(core, members)
  const fresh: Generation[] = []
  try {
    await steps.run('evaluate', plugin, () => void fresh.push(...members.map(member => evaluate(core, member))))
    await start(core, plugin, members, fresh, options)
    core.staging = []
    return {
      plugin,
      closure: members.map(member => member.id),
      fresh,
      removed: false,
      proven: new Set(members.filter(({ proven }) => proven).map(({ id }) => id)),
      onGateway: members.some(({ id, origin }) => id === plugin && hasGateway(core, id, origin)),
    }
  } catch (error) {
    core.staging = []
    await rollBack(core, fresh)
    throw error
  }
}

/** Undoes new generations that will not go live, last one first. */
export async function rollBack(core: Core, fresh: readonly Generation[]): Promise<void> {
  for (const generation of [...fresh].reverse()) {
    generation.abort.abort()
    generation.state = 'retired'
    try {
      await generation.ledger.close()
    } catch (error) {
      const failed = asPluginError(error, { phase: 'retire', plugin: generation.plugin, generation: generation.number })
      slotOf(core, generation.plugin).stuck = true
      logError(core, failed, 'a refused generation could not be undone')
    }
    slotOf(core, generation.plugin).alive.delete(generation)
    core.leaks.watch(generation)
    forgetCode(generation)
  }
}

/** The plugin and all that need it leave, and nothing comes in their place. */
export function removal(core: Core, plugin: string): Prepared {
  const chain = serving(core).map(({ plugin: id, origin }) => ({ id, manifest: origin.manifest }))
  const old = slotOf(core, plugin).serving
  return {
    plugin,
    closure: [plugin, ...dependantsOf(plugin, chain)],
    fresh: [],
    removed: true,
    proven: new Set(),
    onGateway: old !== null && hasGateway(core, plugin, old.origin),
  }
}

/** Also true when only the serving version has a gateway entry: the gateway must then drop it. */
function hasGateway(core: Core, plugin: string, origin: Origin): boolean {
  const before = core.slots.get(plugin)?.serving?.origin.manifest.entries.gateway
  return origin.manifest.entries.gateway !== undefined || before !== undefined
}

/** Waits a little for earlier drains of these plugins, so that at most two generations of a plugin are alive. */
async function settle(core: Core, members: readonly Member[]): Promise<void> {
  const draining = members.flatMap(({ id }) => [...slotOf(core, id).alive].filter(({ state }) => state === 'draining'))
  if (draining.length === 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, core.limits.settle)
  await Promise.race([Promise.all(core.drains), promise])
  clearTimeout(timer)
}

function evaluate(core: Core, member: Member): Generation {
  const { id, origin, builtin } = member
  const evaluated = core.sources.evaluate(id, origin)
  const slot = slotOf(core, id)
  slot.number += 1
  const generation = createGeneration({
    plugin: id,
    number: slot.number,
    origin,
    builtin,
    log: childLog(core.options.log, { plugin: id, generation: slot.number }),
    scope: core.services.openScope(),
    definition: evaluated?.definition ?? null,
    migrations: evaluated?.migrations ?? [],
    undoTimeout: core.limits.undo,
  })
  if (origin.ui !== null && core.options.plane === 'dashboard') {
    const { title, version } = origin.manifest
    const { hash } = origin.ui
    const url = `/assets/plugins/${id}-${hash}.js`
    generation.ui = Object.freeze({ plugin: id, title, version, generation: slot.number, hash, url })
  }
  slot.alive.add(generation)
  return generation
}

async function start(
  core: Core,
  plugin: string,
  members: readonly Member[],
  fresh: readonly Generation[],
  options: PrepareOptions,
): Promise<void> {
  const { steps } = options
  const { store } = core.options
  const configs = await each('config', steps, plugin, fresh, generation =>
    loadConfig(generation.origin.manifest, generation.definition, store),
  )
  const pending = await steps.run('rehearse', plugin, () => rehearse(core, members, fresh, options.atStart))
  const early = pending.filter(({ generation }) => generation.definition?.setupAfterMigrate !== false)
  const late = pending.filter(({ generation }) => generation.definition?.setupAfterMigrate === false)
  const apply = (list: readonly Pending[]) => () => {
    for (const item of list) store?.applyMigrations(item.migrations, { atStart: options.atStart })
  }
  if (early.length > 0) await steps.run('migrate', plugin, apply(early))
  await each('setup', steps, plugin, fresh, async (generation, index) => {
    await setUp(
      core,
      generation,
      configs[index],
      members.map(({ id }) => id),
    )
    core.staging = fresh.slice(0, index + 1)
  })
  if (late.length > 0) await steps.run('migrate', plugin, apply(late))
  const probing = { phase: 'probe', code: 'PLG_PROBE_FAILED', limit: core.limits.probe } as const
  await each('probe', steps, plugin, fresh, generation =>
    withinTime(probing, generation, async () => {
      await generation.running?.probe?.()
      await generation.routes?.probe()
    }),
  )
}

interface Pending {
  readonly generation: Generation
  readonly migrations: PendingMigrations
}

async function rehearse(
  core: Core,
  members: readonly Member[],
  fresh: readonly Generation[],
  atStart: boolean,
): Promise<Pending[]> {
  const { store } = core.options
  if (store === undefined) return []
  const pending: Pending[] = []
  for (const [index, generation] of fresh.entries()) {
    if (members[index]?.proven || generation.migrations.length === 0) continue
    const migrations = await store.planMigrations(generation.plugin, generation.migrations)
    if (migrations.pending.length === 0) continue
    // A start has no requests to keep waiting, so it may take the migrations that are too long for a hot load.
    store.rehearse(migrations, atStart ? Number.POSITIVE_INFINITY : REHEARSAL_MS)
    pending.push({ generation, migrations })
  }
  return pending
}

/** Runs one phase for every generation in turn; an error names the plugin it came from. */
function each<T>(
  phase: Phase,
  steps: Steps,
  plugin: string,
  fresh: readonly Generation[],
  work: (generation: Generation, index: number) => T | Promise<T>,
): Promise<T[]> {
  return steps.run(phase, plugin, async () => {
    const results: T[] = []
    for (const [index, generation] of fresh.entries()) {
      try {
        results.push(await work(generation, index))
      } catch (error) {
        throw asPluginError(error, { phase, plugin: generation.plugin, generation: generation.number })
      }
    }
    return results
  })
}
