import { PluginError } from '../contract/index.ts'
import { missingNeed } from '../discover/order.ts'
import { TRANSACTION, UI_CHANGED } from '../events/tokens.ts'
import type { Generation, Origin } from '../generation/generation.ts'
import type { Staged, TransactionReport } from '../ports.ts'
import { type Committed, commit } from './commit.ts'
import { type Core, live, logError, serving, slotOf } from './core.ts'
import { drain } from './drain.ts'
import { asPluginError, toErrorReport } from './errors.ts'
import { type Prepared, type PrepareOptions, prepare, rollBack } from './prepare.ts'
import { Steps } from './steps.ts'

const HISTORY = 100
/** Who loads on the kernel's own account; everyone else is an operator, whose word lifts a quarantine. */
const AUTOMATIC: ReadonlySet<string> = new Set(['start', 'follow', 'watch'])

interface Transaction {
  readonly id: number
  readonly plugin: string
  readonly by: string
  readonly steps: Steps
  readonly from: { readonly version: string; readonly generation: number } | null
}

type Extra = Pick<PrepareOptions, 'fallback' | 'candidates'>

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

/**
 * The first half for the other plane: keeps the lock until `commit` or `abort`, or until the other plane has been silent for
 * too long.
 */
export async function stage(core: Core, plugin: string, by: string): Promise<Staged> {
  const release = await core.lock.acquire()
  const transaction = begin(core, plugin, by)
  const end = (): void => {
    core.staged = null
    slotOf(core, plugin).loading = false
    dropEmptySlot(core, plugin)
    release()
  }
  try {
    return holdStaged(core, transaction, await prepareChecked(core, transaction, {}), end)
  } catch (error) {
    const failure = fail(core, transaction, asPluginError(error, { phase: 'verify', plugin }))
    end()
    throw failure
  }
}

function holdStaged(core: Core, transaction: Transaction, prepared: Prepared, end: () => void): Staged {
  const { plugin } = transaction
  let open = true
  const abort = async (reason: string): Promise<void> => {
    if (!open) return
    open = false
    clearTimeout(timer)
    await rollBack(core, prepared.fresh)
    core.options.log.info({ plugin, reason }, 'a staged generation was dropped')
    end()
  }
  const timer = setTimeout(() => void abort('no decision came from the other plane'), core.limits.staged).unref()
  core.staged = abort
  return {
    plugin,
    commit() {
      if (!open)
        throw new PluginError('PLG_GATEWAY_REFUSED', { phase: 'commit', plugin }, { detail: 'It was dropped.' })
      open = false
      clearTimeout(timer)
      try {
        return finish(core, transaction, prepared, commitStep(core, transaction, prepared))
      } catch (error) {
        void rollBack(core, prepared.fresh)
        throw fail(core, transaction, asPluginError(error, { phase: 'commit', plugin }))
      } finally {
        end()
        void follow(core, plugin)
      }
    },
    abort,
  }
}

function begin(core: Core, plugin: string, by: string): Transaction {
  core.nextId += 1
  const known = core.slots.get(plugin)
  if (known !== undefined) known.loading = true
  const old = known?.serving ?? null
  const from = old === null ? null : { version: old.origin.manifest.version, generation: old.number }
  return { id: core.nextId, plugin, by, steps: new Steps(), from }
}

async function prepareChecked(core: Core, transaction: Transaction, extra: Extra): Promise<Prepared> {
  const { plugin, by, steps } = transaction
  if (core.stopping)
    throw new PluginError('PLG_STUCK', { phase: 'verify', plugin }, { detail: 'The process is stopping.' })
  if (extra.fallback === undefined) checkQuarantine(core, plugin, by, extra)
  return prepare(core, plugin, { steps, atStart: by === 'start', ...extra })
}

function checkQuarantine(core: Core, plugin: string, by: string, { candidates }: Extra): void {
  if (!AUTOMATIC.has(by)) {
    core.quarantine.lift(plugin)
    slotOfKnown(core, plugin, slot => {
      slot.quarantined = false
    })
    return
  }
  if (!core.quarantine.isQuarantined(plugin)) return
  const candidate = (candidates ?? core.sources.discover()).find(({ id }) => id === plugin)
  if (candidate === undefined || !core.quarantine.holds(plugin, core.sources.fingerprint(candidate))) return
  Object.assign(slotOf(core, plugin), { candidate, quarantined: true })
  throw new PluginError('PLG_QUARANTINED', { phase: 'verify', plugin })
}

function slotOfKnown(core: Core, plugin: string, change: (slot: ReturnType<typeof slotOf>) => void): void {
  const slot = core.slots.get(plugin)
  if (slot !== undefined) change(slot)
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

function commitStep(core: Core, { plugin, steps }: Transaction, prepared: Prepared): Committed {
  const begun = performance.now()
  try {
    const committed = commit(core, prepared)
    steps.note('commit', 'done', performance.now() - begun)
    return committed
  } catch (error) {
    steps.note('commit', 'failed', performance.now() - begun)
    throw asPluginError(error, { phase: 'commit', plugin })
  }
}

/** Everything after the swap: nothing here can take it back, so what fails is logged. */
function finish(core: Core, transaction: Transaction, prepared: Prepared, committed: Committed): TransactionReport {
  const { plugin, by, steps } = transaction
  for (const generation of prepared.fresh) settleSlot(core, generation)
  if (prepared.removed) settleRemoval(core, prepared)
  steps.note('announce', 'done')
  const fresh = prepared.fresh.find(generation => generation.plugin === plugin)
  const report: TransactionReport = {
    id: transaction.id,
    plugin,
    closure: prepared.closure,
    from: transaction.from,
    to: fresh === undefined ? null : { version: fresh.origin.manifest.version, generation: fresh.number },
    result: prepared.removed ? 'removed' : 'swapped',
    by,
    steps: steps.list,
    error: null,
    startedAt: steps.startedAt,
    ms: steps.ms,
    swapMicros: committed.swapMicros,
    drainedMs: null,
  }
  announce(core, report)
  core.hub.emit(UI_CHANGED, { entries: live(core).snapshot.ui })
  core.options.log.info({ plugin, by, closure: prepared.closure, ms: report.ms }, `plugin ${report.result}`)
  startDrain(core, committed.old, report)
  return report
}

function settleSlot(core: Core, generation: Generation): void {
  const slot = slotOf(core, generation.plugin)
  slot.error = null
  slot.quarantined = false
  core.quarantine.lift(generation.plugin)
  core.lastGood.remember(generation.plugin, generation.origin)
}

function settleRemoval(core: Core, { plugin, closure }: Prepared): void {
  const slot = slotOf(core, plugin)
  slot.candidate = null
  slot.error = null
  slot.quarantined = false
  core.lastGood.forget(plugin)
  for (const id of closure.slice(1)) {
    const dependant = slotOf(core, id)
    const error = missingNeed({ id, manifest: dependant.candidate?.manifest ?? null }, () => undefined)
    if (error !== undefined) dependant.error = toErrorReport(error, dependant.candidate?.folder ?? null)
  }
}

function startDrain(core: Core, old: readonly Generation[], report: TransactionReport): void {
  if (old.length === 0) return
  const drained = drain(core, old).then(ms => {
    const index = core.history.indexOf(report)
    if (index >= 0) core.history[index] = { ...report, drainedMs: ms }
    dropEmptySlot(core, report.plugin)
  })
  core.drains.add(drained)
  void drained.finally(() => core.drains.delete(drained))
}

function dropEmptySlot(core: Core, plugin: string): void {
  const slot = core.slots.get(plugin)
  if (slot === undefined || slot.stuck || slot.loading) return
  if (slot.candidate === null && slot.serving === null && slot.alive.size === 0) core.slots.delete(plugin)
}

/** Records a failed load. Returns the error for the caller to throw. */
function fail(core: Core, transaction: Transaction, error: PluginError): PluginError {
  const { plugin, by, steps } = transaction
  const slot = core.slots.get(plugin)
  const reported = toErrorReport(error, slot?.candidate?.folder ?? null)
  if (slot !== undefined) {
    slot.error = reported
    countFailure(core, plugin, error)
  }
  announce(core, {
    id: transaction.id,
    plugin,
    closure: [plugin],
    from: transaction.from,
    to: null,
    result: 'failed',
    by,
    steps: steps.list,
    error: reported,
    startedAt: steps.startedAt,
    ms: steps.ms,
    swapMicros: null,
    drainedMs: null,
  })
  logError(core, error, 'a plugin could not be loaded')
  return error
}

/** Failures that are no fault of the plugin's own sources do not count towards its quarantine. */
function countFailure(core: Core, plugin: string, error: PluginError): void {
  const blameless = ['PLG_QUARANTINED', 'PLG_STUCK', 'PLG_NEED_MISSING', 'PLG_SERVICE_ABSENT', 'PLG_DUPLICATE']
  const slot = slotOf(core, plugin)
  const { candidate } = slot
  if (candidate === null || blameless.includes(error.code)) return
  slot.quarantined = core.quarantine.fail(plugin, core.sources.fingerprint(candidate))
}

function announce(core: Core, report: TransactionReport): void {
  core.history.unshift(report)
  core.history.length = Math.min(core.history.length, HISTORY)
  core.hub.emit(TRANSACTION, report)
  for (const listener of [...core.listeners]) {
    try {
      listener(report)
    } catch (error) {
      core.options.log.error({ err: error, plugin: report.plugin }, 'a listener to transactions threw')
    }
  }
}

/** Plugins that waited for this one get their turn. Their own failure is their own report. */
async function follow(core: Core, plugin: string): Promise<void> {
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
