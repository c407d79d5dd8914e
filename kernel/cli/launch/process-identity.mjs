// @ts-check
/** Tells whether a process seen earlier still runs. A pid alone is not enough: pids are reused. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** @typedef {{ pid: number, born: string }} ProcessIdentity */

/** @returns {ProcessIdentity} */
export function thisProcess() {
  return { pid: process.pid, born: bornAt(process.pid) ?? '' }
}

/** @param {ProcessIdentity} identity */
export function isAlive(identity) {
  const born = bornAt(identity.pid)
  return born !== undefined && born === identity.born
}

/**
 * A value that differs between two processes with the same pid: start time in clock ticks on Linux, else the words of `ps`.
 * @param {number} pid
 * @returns {string | undefined} undefined when no such process runs
 */
export function bornAt(pid) {
  if (process.platform !== 'linux') {
    const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim()
    return answer === '' ? undefined : answer
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name may contain spaces and brackets; fields are counted from its closing bracket. 0 is the state, 19 the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    // No entry in /proc: the process is gone.
    return undefined
  }
}
