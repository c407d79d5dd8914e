import { PluginError } from '../contract/index.ts'
import { forgetCode, type Generation } from '../generation/generation.ts'
import { type Core, logError, slotOf } from './core.ts'
import { asPluginError, toErrorReport } from './errors.ts'

/**
 * Waits until nobody works on the old generations, then undoes them, dependants before their providers. Past the soft limit
 * their signals ask for an end; past the hard one they are retired regardless. Returns the milliseconds until they were idle.
 */
export async function drain(core: Core, old: readonly Generation[], limits = core.limits): Promise<number> {
  const begun = performance.now()
  for (const generation of old) quiesce(core, generation)
  await Promise.all(old.map(generation => waitIdle(core, generation, limits)))
  const drained = Math.round(performance.now() - begun)
  for (const generation of [...old].reverse()) await retire(core, generation)
  return drained
}

/** Told, not awaited: a plugin that takes its time must not hold the drain longer than its pins do. */
function quiesce(core: Core, { running, abort, plugin, number }: Generation): void {
  const failed = (error: unknown) =>
    core.options.log.error({ err: error, plugin, generation: number, phase: 'drain' }, 'quiesce() failed')
  try {
    const result = running?.quiesce?.(abort.signal)
    if (result instanceof Promise) result.catch(failed)
  } catch (error) {
    failed(error)
  }
}

async function waitIdle(core: Core, generation: Generation, limits: { soft: number; hard: number }): Promise<void> {
  const { promise: forced, resolve: force } = Promise.withResolvers<true>()
  const soft = setTimeout(() => generation.abort.abort(), limits.soft)
  const hard = setTimeout(() => force(true), limits.hard)
  const wasForced = await Promise.race([core.pins.idle(generation), forced])
  clearTimeout(soft)
  clearTimeout(hard)
  if (wasForced !== true) return
  const { plugin, number } = generation
  const detail = `${core.pins.count(generation)} still held generation ${number}.`
  const error = new PluginError('PLG_DRAIN_FORCED', { phase: 'drain', plugin, generation: number }, { detail })
  logError(core, error, 'a drain was forced')
}

/** Undoes everything the generation opened and lets go of its code. A failed undo leaves the plugin stuck. */
export async function retire(core: Core, generation: Generation): Promise<void> {
  const slot = slotOf(core, generation.plugin)
  generation.stopJobs?.()
  generation.stopJobs = null
  generation.abort.abort()
  generation.state = 'retired'
  try {
    await generation.ledger.close()
    slot.alive.delete(generation)
  } catch (error) {
    const where = { phase: 'retire', plugin: generation.plugin, generation: generation.number } as const
    const failed = asPluginError(error, where)
    generation.state = 'stuck'
    slot.stuck = true
    slot.error = toErrorReport(failed, slot.candidate?.folder ?? null)
    logError(core, failed, 'an old generation could not be undone')
  }
  core.leaks.watch(generation)
  forgetCode(generation)
}
