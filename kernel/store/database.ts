import { statSync } from 'node:fs'
import Sqlite, { type Database } from 'better-sqlite3'
import { RunError } from '../contract/index.ts'
import { protectDatabaseFiles } from './files.ts'

/** What must hold for every connection that writes; set, then read back. `synchronous` 2 is FULL: nothing acknowledged is lost in a power cut. */
const PRAGMAS: Readonly<Record<string, string | number>> = {
  journal_mode: 'wal',
  synchronous: 2,
  foreign_keys: 1,
  busy_timeout: 5000,
  trusted_schema: 0,
  mmap_size: 0,
  secure_delete: 1,
  fullfsync: 1,
  checkpoint_fullfsync: 1,
  journal_size_limit: 16 * 1024 * 1024,
}

/** Up to here the whole file is checked before anything uses it; it takes about 2.5 ms a MiB. A larger one is checked beside the work. */
export const CHECKED_AT_START = 64 * 1024 * 1024

/**
 * Opens the one writing connection. Throws RUN_DATABASE_DAMAGED or RUN_DATA_READONLY. A damaged file stays where it is: were it
 * moved away, the next start would begin with an empty database, without keys, calls or evidence, and nobody would have decided so.
 */
export function openDatabase(path: string): Database {
  let db: Database | undefined
  try {
    db = new Sqlite(path)
    protectDatabaseFiles(path)
    setPragmas(db)
    if (statSync(path).size <= CHECKED_AT_START) checkWhole(db)
    // The first write fails here, at the start, and not in the middle of the first request.
    db.exec('BEGIN IMMEDIATE; COMMIT')
    protectDatabaseFiles(path)
    return db
  } catch (cause) {
    db?.close()
    throw explain(path, cause)
  }
}

function setPragmas(db: Database): void {
  for (const [name, wanted] of Object.entries(PRAGMAS)) {
    db.pragma(`${name} = ${wanted}`)
    const got = db.pragma(name, { simple: true })
    if (got !== wanted) throw new Error(`pragma ${name} is ${got}, not ${wanted}`)
  }
}

function checkWhole(db: Database): void {
  const answer = db.pragma('quick_check(1)', { simple: true })
  if (answer !== 'ok') throw new RunError('RUN_DATABASE_DAMAGED', { detail: String(answer) })
}

function explain(path: string, cause: unknown): unknown {
  const code = (cause as { code?: string }).code ?? ''
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code) || code === 'RUN_DATABASE_DAMAGED') {
    return new RunError('RUN_DATABASE_DAMAGED', { detail: `${path} was left as it is.`, cause })
  }
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code)) {
    return new RunError('RUN_DATA_READONLY', { detail: `${path}: ${code}.`, cause })
  }
  return cause
}
