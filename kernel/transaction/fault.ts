/** Takes out a plugin that threw where nobody called it: its state is unknown, and the next throw may be anywhere. */
import { PluginError } from '../contract/index.ts'
import { UI_CHANGED } from '../events/tokens.ts'
import { begin, commitStep } from './begin.ts'
import { type Blamed, blame } from './blame.ts'
import { type Core, live, logError, slotOf } from './core.ts'
import { reportFailure, startDrain, strandDependants } from './outcome.ts'
import { removal } from './prepare.ts'

/** False when no third-party plugin is to blame, and the process cannot be trusted any more. */
export function takeFault(core: Core, error: unknown): boolean {
  const blamed = blame(error, core.slots.values())
  if (blamed === undefined) return false
  void core.lock.run(async () => takeOut(core, blamed, error))
  return true
}

function takeOut(core: Core, blamed: Blamed, cause: unknown): void {
  const { plugin, bundle } = blamed
  const slot = slotOf(core, plugin)
  const old = slot.serving
  const where = { phase: 'run', plugin, generation: old?.number ?? 0 } as const
  const error = new PluginError('PLG_FAULT', where, {
    detail: cause instanceof Error ? cause.message : String(cause),
    cause,
  })
  if (core.stopping || old === null || (bundle !== null && old.origin.host !== bundle)) {
    // Left over from a generation that is gone: told once, but neither counted nor held against the one that serves.
    if (slot.leftover) return
    slot.leftover = true
    core.options.log.warn({ err: error, code: error.code, plugin }, 'a plugin that was taken out threw again')
    return
  }
  const transaction = begin(core, plugin, 'fault')
  try {
    const gone = removal(core, plugin)
    const committed = commitStep(core, transaction, gone)
    // A start must not fall back to the very bundle that threw.
    core.lastGood.forget(plugin)
    strandDependants(core, gone.closure)
    logError(core, error, 'a plugin was taken out')
    startDrain(core, committed.old, reportFailure(core, transaction, error, gone.closure))
    core.hub.emit(UI_CHANGED, { entries: live(core).snapshot.ui })
  } finally {
    slot.loading = false
  }
}
