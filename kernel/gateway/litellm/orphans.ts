/** Which processes are ours, also after a gateway that was killed: a file each, with the pid and when that process began. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { bornAt, isAlive } from '../../cli/launch/process-identity.mjs'

const TERM_MS = 5_000
const LOOK_MS = 50

/** Notes a process; returns what forgets it. */
export function notePid(folder: string, pid: number): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${pid}.pid`)
  writeFileSync(path, JSON.stringify({ pid, born: bornAt(pid) ?? '' }), { mode: 0o600 })
  return () => rmSync(path, { force: true })
}

/** Ends every noted process that still runs. A pid that another process has now is left alone. Returns how many were ended. */
export async function endOrphans(folder: string): Promise<number> {
  const paths = list(folder)
  const ended = await Promise.all(paths.map(endNoted))
  for (const path of paths) rmSync(path, { force: true })
  return ended.filter(Boolean).length
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.pid'))
      .map(name => join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function endNoted(path: string): Promise<boolean> {
  const noted = read(path)
  if (noted === null || !isAlive(noted)) return false
  send(noted.pid, 'SIGTERM')
  for (let waited = 0; waited < TERM_MS; waited += LOOK_MS) {
    await wait(LOOK_MS)
    if (!isAlive(noted)) return true
  }
  send(noted.pid, 'SIGKILL')
  return true
}

function read(path: string): { pid: number; born: string } | null {
  try {
    const { pid, born } = JSON.parse(readFileSync(path, 'utf8')) as { pid: unknown; born: unknown }
    return Number.isInteger(pid) && Number(pid) > 1 && typeof born === 'string' && born !== ''
      ? { pid: Number(pid), born }
      : null
  } catch {
    // Half written by a gateway that was killed: it names nothing that can be ended safely.
    return null
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
