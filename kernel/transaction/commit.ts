import { sortByNeeds } from '../discover/order.ts'
import type { Generation } from '../generation/generation.ts'
import { buildLive } from '../generation/live.ts'
import { type Core, live, slotOf } from './core.ts'
import { asPluginError } from './errors.ts'
import type { Prepared } from './prepare.ts'

export interface Committed {
  /** Generations that left, in load order. */
  readonly old: readonly Generation[]
  readonly swapMicros: number
}

/**
 * Replaces everything in one synchronous turn. What may throw comes first, while the old view is still whole: the gateway's
 * listeners for published values. Throws PLG_PROBE_FAILED when one of them does.
 */
export function commit(core: Core, prepared: Prepared): Committed {
  for (const generation of prepared.fresh) deliverValues(core, generation)
  const leaving = new Set(prepared.closure)
  const old = [...live(core).generations.values()].filter(({ plugin }) => leaving.has(plugin))
  const stay = [...live(core).generations.values()].filter(({ plugin }) => !leaving.has(plugin))
  const since = Date.now()
  for (const generation of prepared.fresh) generation.since = since
  const order = sortByNeeds(
    [...stay, ...prepared.fresh].map(generation => ({
      id: generation.plugin,
      manifest: generation.origin.manifest,
      generation,
    })),
  )
  core.nextId += 1
  const next = buildLive(
    core.nextId,
    order.map(({ generation }) => generation),
    core.options.services ?? new Map(),
  )
  const begun = process.hrtime.bigint()
  for (const generation of old) {
    generation.stopJobs?.()
    generation.state = 'draining'
    slotOf(core, generation.plugin).serving = null
  }
  core.pins.replace(next)
  for (const generation of prepared.fresh) {
    generation.state = 'active'
    slotOf(core, generation.plugin).serving = generation
    generation.stopJobs = startJobs(core, generation)
  }
  publishValues(core, old, prepared.fresh)
  return { old, swapMicros: Number(process.hrtime.bigint() - begun) / 1000 }
}

/** On the gateway: a new generation learns the values in force before it serves its first call. */
function deliverValues(core: Core, generation: Generation): void {
  for (const { key, listener } of generation.declared.values) {
    const value = core.host.snapshotValue(key)
    if (value === undefined) continue
    try {
      listener(value)
    } catch (error) {
      throw asPluginError(error, { phase: 'commit', plugin: generation.plugin, generation: generation.number })
    }
  }
}

function startJobs(core: Core, generation: Generation): () => void {
  const { plugin, log, declared } = generation
  const owner = { plugin, log, signal: generation.abort.signal, hold: () => core.pins.hold(generation) }
  return core.jobs.start(owner, declared.jobs)
}

/** Values whose publisher is gone are withdrawn, so the gateway never acts on what nobody stands for. */
function publishValues(core: Core, old: readonly Generation[], fresh: readonly Generation[]): void {
  const published = new Map(fresh.flatMap(({ declared }) => [...declared.published]))
  const withdrawn = old.flatMap(({ declared }) => [...declared.published.keys()]).filter(key => !published.has(key))
  for (const key of withdrawn) publish(core, key, undefined)
  for (const [key, value] of published) publish(core, key, value)
}

/** The view has been replaced already: from here on nothing may throw. */
function publish(core: Core, key: string, value: unknown): void {
  try {
    core.host.publish(key, value)
  } catch (error) {
    core.options.log.error({ err: error, value: key }, 'a value could not be published')
  }
}
