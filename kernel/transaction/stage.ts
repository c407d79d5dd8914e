import { PluginError } from '../contract/index.ts'
import type { Staged } from '../ports.ts'
import { begin, commitStep, prepareChecked, type Transaction } from './begin.ts'
import { type Core, slotOf } from './core.ts'
import { asPluginError } from './errors.ts'
import { dropEmptySlot, fail, finish } from './outcome.ts'
import { type Prepared, rollBack } from './prepare.ts'
import { follow } from './run.ts'

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
