import type { PluginError, TransactionReport } from '../contract/index.ts'
import { missingNeed } from '../discover/order.ts'
import { TRANSACTION, UI_CHANGED } from '../events/tokens.ts'
import type { Generation } from '../generation/generation.ts'
import type { Transaction } from './begin.ts'
import type { Committed } from './commit.ts'
import { type Core, live, logError, slotOf } from './core.ts'
import { drain } from './drain.ts'
import { toErrorReport } from './errors.ts'
import type { Prepared } from './prepare.ts'

const HISTORY = 100

/** Everything after the swap: nothing here can take it back, so what fails is logged. */
export function finish(
  core: Core,
  transaction: Transaction,
  prepared: Prepared,
  committed: Committed,
): TransactionReport {
  const { plugin, by, steps } = transaction
  for (const generation of prepared.fresh) if (!prepared.proven.has(generation.plugin)) settleSlot(core, generation)
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

/** Only for new sources: an old bundle that loads again says nothing about the sources on disk. */
function settleSlot(core: Core, generation: Generation): void {
  const slot = slotOf(core, generation.plugin)
  slot.error = null
  slot.quarantined = false
  const { candidate } = slot
  core.quarantine.settle(generation.plugin, () => (candidate === null ? '' : core.sources.fingerprint(candidate)))
  core.lastGood.remember(generation.plugin, generation.origin)
}

function settleRemoval(core: Core, { plugin, closure }: Prepared): void {
  const slot = slotOf(core, plugin)
  slot.candidate = null
  slot.error = null
  slot.quarantined = false
  core.lastGood.forget(plugin)
  strandDependants(core, closure)
}

/** Plugins that left because the first of the closure did: they say what they wait for. */
export function strandDependants(core: Core, closure: readonly string[]): void {
  for (const id of closure.slice(1)) {
    const dependant = slotOf(core, id)
    const error = missingNeed({ id, manifest: dependant.candidate?.manifest ?? null }, () => undefined)
    if (error !== undefined) dependant.error = toErrorReport(error, dependant.candidate?.folder ?? null)
  }
}

export function startDrain(core: Core, old: readonly Generation[], report: TransactionReport): void {
  if (old.length === 0) return
  const drained = drain(core, old).then(ms => {
    const index = core.history.indexOf(report)
    if (index >= 0) core.history[index] = { ...report, drainedMs: ms }
    dropEmptySlot(core, report.plugin)
  })
  core.drains.add(drained)
  void drained.finally(() => core.drains.delete(drained))
}

export function dropEmptySlot(core: Core, plugin: string): void {
  const slot = core.slots.get(plugin)
  if (slot === undefined || slot.stuck || slot.loading) return
  if (slot.candidate === null && slot.serving === null && slot.alive.size === 0) core.slots.delete(plugin)
}

/** Records a failed load. Returns the error for the caller to throw. */
export function fail(core: Core, transaction: Transaction, error: PluginError): PluginError {
  reportFailure(core, transaction, error)
  logError(core, error, 'a plugin could not be loaded')
  return error
}

/** The failure as status, report and count. `closure`: the plugins that no longer serve because of it. */
export function reportFailure(
  core: Core,
  transaction: Transaction,
  error: PluginError,
  closure: readonly string[] = [transaction.plugin],
): TransactionReport {
  const { plugin, by, steps } = transaction
  const slot = core.slots.get(plugin)
  const reported = toErrorReport(error, slot?.candidate?.folder ?? null)
  if (slot !== undefined) {
    slot.error = reported
    countFailure(core, transaction, error)
  }
  const report: TransactionReport = {
    id: transaction.id,
    plugin,
    closure,
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
  }
  announce(core, report)
  return report
}

/** Failures that are no fault of the plugin's own sources do not count towards its quarantine. */
function countFailure(core: Core, { plugin, by }: Transaction, error: PluginError): void {
  const blameless = ['PLG_QUARANTINED', 'PLG_STUCK', 'PLG_NEED_MISSING', 'PLG_SERVICE_ABSENT', 'PLG_DUPLICATE']
  const slot = slotOf(core, plugin)
  const { candidate } = slot
  if (candidate === null || error.plugin !== plugin || blameless.includes(error.code)) return
  const kind = by === 'start' || by === 'fault' ? by : 'load'
  slot.quarantined = core.quarantine.fail(plugin, core.sources.fingerprint(candidate), kind)
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
