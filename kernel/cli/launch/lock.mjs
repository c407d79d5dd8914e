// @ts-check
/** A lock file that names its owner, taken over when the owner is dead. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isAlive, thisProcess } from './process-identity.mjs'

/** @typedef {import('./process-identity.mjs').ProcessIdentity} ProcessIdentity */

/**
 * @param {string} path
 * @returns {{ release: () => void } | { owner: ProcessIdentity }}
 */
export function tryLock(path) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const mine = `${path}.${process.pid}.${Date.now()}`
  // Linking a finished file makes the lock appear with its content: nobody ever reads half an owner.
  writeFileSync(mine, JSON.stringify(thisProcess()), { mode: 0o600, flag: 'wx' })
  try {
    for (;;) {
      if (link(mine, path)) return { release: () => rmSync(path, { force: true }) }
      const owner = readOwner(path)
      if (owner && isAlive(owner)) return { owner }
      setAside(path, owner)
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/**
 * Runs `work` while holding the lock; waits for a living owner.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {(owner: ProcessIdentity) => void} [onWait] told once
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  let told = false
  for (;;) {
    const lock = tryLock(path)
    if ('release' in lock) {
      try {
        return await work()
      } finally {
        lock.release()
      }
    }
    if (!told) onWait?.(lock.owner)
    told = true
    await new Promise(done => setTimeout(done, 100))
  }
}

/** @param {string} from @param {string} to */
function link(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** @param {string} path @returns {ProcessIdentity | undefined} */
function readOwner(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // Gone in the meantime, or not a lock of ours: both count as without owner.
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * Removes a dead owner's lock. Another waiter may have replaced it since it was read; then what was moved belongs to a living
 * process and goes back.
 * @param {string} path @param {ProcessIdentity | undefined} dead
 */
function setAside(path, dead) {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const moved = readOwner(aside)
  if (moved && isAlive(moved) && moved.pid !== dead?.pid) link(aside, path)
  rmSync(aside, { force: true })
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
