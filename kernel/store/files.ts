import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../cli/launch/make-folder.mjs'
import { RunError } from '../contract/index.ts'

/** Permissions are set on what we make and what SQLite makes beside it: the driver itself creates files of mode 0644. */
export function prepareDataFolder(dataDir: string): void {
  process.umask(0o077)
  try {
    for (const folder of [dataDir, join(dataDir, 'run'), join(dataDir, 'backups')]) {
      makeFolder(folder)
    }
    chmodSync(dataDir, 0o700)
  } catch (cause) {
    throw new RunError('RUN_DATA_READONLY', { detail: `${dataDir}: ${(cause as NodeJS.ErrnoException).code}.`, cause })
  }
}

const COMPANIONS = ['', '-wal', '-shm']

/** Closes the database file and its companions to others. */
export function protectDatabaseFiles(path: string): void {
  for (const suffix of COMPANIONS) if (existsSync(path + suffix)) chmodSync(path + suffix, 0o600)
}
