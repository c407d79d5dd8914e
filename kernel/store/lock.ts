import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity, thisProcess } from '../cli/launch/process-identity.mjs'
import { RunError } from '../contract/index.ts'

/**
 * Takes `DATA/run/<plane>.lock` for this process. A lock of a process that is gone is taken over. Returns the release.
 * Throws RUN_DATA_LOCKED. Two takers at once: the link decides, and a stale lock is moved away under a name of its own, so
 * that nobody removes the fresh lock of somebody else.
 */
export function lockDataFolder(dataDir: string, plane: 'dashboard' | 'gateway' = 'dashboard'): () => void {
  const path = join(dataDir, 'run', `${plane}.lock`)
  const mine = `${path}.${process.pid}`
  writeWhole(mine, `${JSON.stringify(thisProcess())}\n`)
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (tryLink(mine, path)) return () => release(path)
      refuseLivingOwner(path)
    }
  } finally {
    unlinkSync(mine)
  }
  throw new RunError('RUN_DATA_LOCKED', { detail: `${path} changes hands all the time.` })
}

/** Returns when the owner is gone and its lock was moved away. */
function refuseLivingOwner(path: string): void {
  const owner = readOwner(path)
  if (owner === undefined) return
  if (owner !== 'unreadable' && isAlive(owner)) {
    throw new RunError('RUN_DATA_LOCKED', { detail: `Process ${owner.pid} holds ${path}.` })
  }
  const away = `${path}.stale-${process.pid}`
  try {
    renameSync(path, away)
    const moved = readOwner(away)
    if (typeof moved === 'object' && isAlive(moved)) tryLink(away, path)
    unlinkSync(away)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function readOwner(path: string): ProcessIdentity | 'unreadable' | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const valid = typeof value === 'object' && value !== null && 'pid' in value && 'born' in value
    return valid ? (value as ProcessIdentity) : 'unreadable'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'unreadable'
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function writeWhole(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o600)
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function release(path: string): void {
  const owner = readOwner(path)
  if (typeof owner === 'object' && owner.pid === process.pid) unlinkSync(path)
}
