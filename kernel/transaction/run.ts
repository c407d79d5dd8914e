import { PluginError, type TransactionReport } from '../contract/index.ts'
import type { Origin } from '../generation/generation.ts'
import { begin, commitStep, type Extra, prepareChecked, type Transaction } from './begin.ts'
import type { Committed } from './commit.ts'
import { type Core, serving, slotOf } from './core.ts'
import { asPluginError } from './errors.ts'
import { dropEmptySlot, fail, finish } from './outcome.ts'
import { type Prepared, rollBack } from './prepare.ts'

/** The whole transaction under the lock. Rejects with PluginError; the old generation then serves. */
export async function transact(core: Core, plugin: string, by: string, extra: Extra = {}): Promise<TransactionReport> {
  const report = await core.lock.run(() => runLocked(core, plugin, by, extra))
  await follow(core, plugin)
  return report
}

type Remote = NonNullable<Awaited<ReturnType<NonNullable<Core['options']['dashboardPlane']>['stageOnGateway']>>>

async function runLocked(core: Core, plugin: string, by: string, extra: Extra): Promise<TransactionReport> {
  const transaction = begin(core, plugin, by)
  try {
    const { prepared, remote, committed } = await upToCommit(core, transaction, extra)
    const report = finish(core, transaction, prepared, committed)
    if (remote !== null) await confirm(core, plugin, remote)
    return report
  } finally {
    slotOf(core, plugin).loading = false
    dropEmptySlot(core, plugin)
  }
}

/** Everything that can still be taken back. Once this has returned, the new generation serves and nothing may undo it. */
async function upToCommit(
  core: Core,
  transaction: Transaction,
  extra: Extra,
): Promise<{ prepared: Prepared; remote: Remote | null; committed: Committed }> {
  const { plugin, by } = transaction
  let prepared: Prepared | undefined
  let remote: Remote | null = null
  try {
    prepared = await prepareChecked(core, transaction, extra)
    if (prepared.onGateway && by !== 'start') remote = await stageOnGateway(core, plugin, by)
    return { prepared, remote, committed: commitStep(core, transaction, prepared) }
  } catch (error) {
    const failure = asPluginError(error, { phase: 'commit', plugin })
    if (remote !== null) await takeBack(core, plugin, remote, failure.message)
    if (prepared !== undefined) await rollBack(core, prepared.fresh)
    throw fail(core, transaction, failure)
  }
}

/** The local commit stands either way: a gateway that is gone loads the same sources when it comes back. */
async function confirm(core: Core, plugin: string, remote: Remote): Promise<void> {
  try {
    await remote.commit()
  } catch (error) {
    core.options.log.error({ err: error, plugin }, 'the gateway did not confirm the commit')
  }
}

async function takeBack(core: Core, plugin: string, remote: Remote, reason: string): Promise<void> {
  try {
    await remote.abort(reason)
  } catch (error) {
    core.options.log.error({ err: error, plugin }, 'the gateway did not confirm that it dropped its generation')
  }
}

async function stageOnGateway(core: Core, plugin: string, by: string) {
  try {
    return (await core.options.dashboardPlane?.stageOnGateway(plugin, by)) ?? null
  } catch (cause) {
    if (cause instanceof PluginError && cause.code === 'PLG_GATEWAY_REFUSED') throw cause
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new PluginError('PLG_GATEWAY_REFUSED', { phase: 'probe', plugin }, { detail, cause })
  }
}

/** Plugins that waited for this one get their turn. Their own failure is their own report. */
export async function follow(core: Core, plugin: string): Promise<void> {
  if (core.stopping || !serving(core).some(generation => generation.plugin === plugin)) return
  const waiting = [...core.slots.values()].filter(
    ({ serving: old, error, candidate }) =>
      old === null &&
      (error?.code === 'PLG_NEED_MISSING' || error?.code === 'PLG_SERVICE_ABSENT') &&
      candidate?.manifest != null &&
      plugin in candidate.manifest.needs,
  )
  for (const { id } of waiting) await transact(core, id, 'follow').catch(() => {}) // reported by `fail`
}

/** A failed load at start: what went live last goes live again, and the status still tells of the failure. */
export async function fallBack(core: Core, plugin: string): Promise<void> {
  const origin: Origin | null = core.lastGood.read(plugin)
  if (origin === null || core.slots.get(plugin)?.serving) return
  const before = slotOf(core, plugin)
  const { error, quarantined } = before
  try {
    await transact(core, plugin, 'start', { fallback: origin })
  } catch (failure) {
    core.options.log.error({ err: failure, plugin }, 'the last good bundle does not load either')
  }
  before.error = error
  before.quarantined = quarantined
}
