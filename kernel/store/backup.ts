import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import { RunError } from '../contract/index.ts'
import { syncFolder } from '../secrets/index.ts'

const PAGES_A_STEP = 500

/**
 * Copies the live database to `path` in steps while it is written to, then proves the copy by opening and checking it. The
 * copy takes its name only after that, so a file under that name is always whole.
 */
export async function backup(db: Database, path: string): Promise<void> {
  const partial = `${path}.partial`
  rmSync(partial, { force: true })
  try {
    await db.backup(partial, { progress: () => PAGES_A_STEP })
    chmodSync(partial, 0o600)
    verify(partial)
    renameSync(partial, path)
    syncFolder(dirname(path))
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(partial + suffix, { force: true })
  }
}

const BEFORE = 'before-'
const BEFORE_KEPT = 5

/** A copy of the state that a plugin's pending migrations will change, made once for each state; the latest five are kept. */
export async function backupBefore(db: Database, dataDir: string, plugin: string, firstPending: string): Promise<void> {
  const folder = join(dataDir, 'backups')
  const name = `${plugin}-${firstPending}.db`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const made = readdirSync(folder).filter(file => file.startsWith(BEFORE) && file.endsWith('.db'))
  if (made.some(file => file.endsWith(`Z-${name}`))) return
  await backup(db, join(folder, `${BEFORE}${new Date().toISOString().replaceAll(/[:.]/g, '')}-${name}`))
  for (const file of made.sort().slice(0, Math.max(0, made.length + 1 - BEFORE_KEPT))) rmSync(join(folder, file))
}

function verify(path: string): void {
  const copy = new Sqlite(path, { readonly: true, fileMustExist: true })
  try {
    const answer = copy.pragma('quick_check(1)', { simple: true })
    if (answer !== 'ok') throw new RunError('RUN_DATABASE_DAMAGED', { detail: `Backup ${path}: ${answer}.` })
  } finally {
    copy.close()
  }
}
