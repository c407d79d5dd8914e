// @ts-check
/** `DATA/run/supervisor.json`: what runs on this data folder, for `status`, `open`, `stop` and `restart`. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LaunchError } from './errors.mjs'
import { tryLock } from './lock.mjs'
import { makeFolder } from './make-folder.mjs'
import { thisProcess } from './process-identity.mjs'

/**
 * @typedef {object} RunState
 * @property {number} pid
 * @property {string} born    see `process-identity.mjs`
 * @property {number} startedAt milliseconds UTC
 * @property {string} version
 * @property {string | null} dashboard origin, null until it answers
 * @property {string | null} model     origin, null until it answers
 * @property {number} restarted how often `restart` was carried out
 * @property {Record<string, { state: string, pid: number | null, restarts: number }>} children
 */

/**
 * Takes the data folder for this process. Throws RUN_DATA_LOCKED or RUN_DATA_READONLY.
 * @param {string} data @param {string} version
 */
export function claimData(data, version) {
  const folder = join(data, 'run')
  const path = join(folder, 'supervisor.json')
  const lock = takeLock(data, folder)
  /** @type {RunState} */
  let state = {
    ...thisProcess(),
    startedAt: Date.now(),
    version,
    dashboard: null,
    model: null,
    restarted: 0,
    children: {},
  }
  const write = () => {
    const temporary = `${path}.${process.pid}`
    writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 })
    renameSync(temporary, path)
  }
  write()
  return {
    /** @param {Partial<RunState>} changes */
    update(changes) {
      state = { ...state, ...changes }
      write()
    },
    current: () => state,
    release() {
      rmSync(path, { force: true })
      lock.release()
    },
  }
}

/** @param {string} data @param {string} folder */
function takeLock(data, folder) {
  try {
    makeFolder(folder)
    const lock = tryLock(join(folder, 'supervisor.lock'))
    if ('release' in lock) return lock
    const where = readRunState(data)?.dashboard
    throw new LaunchError(
      'RUN_DATA_LOCKED',
      `Process ${lock.owner.pid} uses ${data}${where ? ` and serves ${where}` : ''}. "clawnex open" gives a link to it, "clawnex stop" ends it.`,
    )
  } catch (error) {
    if (error instanceof LaunchError) throw error
    throw new LaunchError('RUN_DATA_READONLY', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** @param {string} data @returns {RunState | undefined} */
export function readRunState(data) {
  try {
    return JSON.parse(readFileSync(join(data, 'run/supervisor.json'), 'utf8'))
  } catch {
    // Absent, unreadable or not ours: nothing known runs here.
    return undefined
  }
}
