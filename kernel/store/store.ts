import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { KERNEL_MIGRATIONS } from '../../migrations/index.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { type Logger, PluginError } from '../contract/index.ts'
import type { NamedMigration, PendingMigrations, Store } from '../ports.ts'
import { backup, backupBefore } from './backup.ts'
import { createConfigCalls } from './config.ts'
import { CHECKED_AT_START, openDatabase } from './database.ts'
import { prepareDataFolder } from './files.ts'
import { createHistoryTable, plan, readHistory, refuseNewer } from './history.ts'
import { lockDataFolder } from './lock.ts'
import { apply, rehearse } from './migrate.ts'
import { createReader, type Reader, type ReaderOptions } from './reader.ts'

const CHECKPOINT_EVERY_MS = 30_000
/** A write-ahead log of this size means that checkpoints do not get through. */
const WAL_LIMIT = 64 * 1024 * 1024

export interface StoreOptions {
  readonly dataDir: string
  readonly log: Logger
  /** Kernel migrations; the product's own unless a spec brings others. */
  readonly migrations?: readonly NamedMigration[]
  readonly reader?: ReaderOptions
}

/** The store, with what only the kernel's own parts and commands use. */
export interface KernelStore extends Store {
  /** Copies the live database to a new file and proves the copy. */
  backup(path: string): Promise<void>
}

/**
 * Opens `DATA/clawnex.db` for this process alone and brings the kernel's tables up to date. Throws RUN_DATA_READONLY,
 * RUN_DATA_LOCKED, RUN_DATABASE_DAMAGED or RUN_DATABASE_NEWER; nothing stays open or locked then.
 */
export async function openStore(options: StoreOptions): Promise<KernelStore> {
  const { dataDir, log, migrations = KERNEL_MIGRATIONS } = options
  prepareDataFolder(dataDir)
  const unlock = lockDataFolder(dataDir)
  const path = join(dataDir, 'clawnex.db')
  let db: Database | undefined
  try {
    db = openDatabase(path)
    createHistoryTable(db)
    refuseNewer(db, migrations)
    apply(db, await planAndKeep(db, dataDir, 'kernel', migrations), { atStart: true, version: packageJson.version })
    return assemble(db, path, { dataDir, log, unlock, reader: options.reader ?? {} })
  } catch (error) {
    db?.close()
    unlock()
    throw error
  }
}

function assemble(
  db: Database,
  path: string,
  parts: { dataDir: string; log: Logger; unlock: () => void; reader: ReaderOptions },
): KernelStore {
  const reader = createReader(path, parts.reader)
  const watch = setInterval(() => boundWal(db, path, parts.log), CHECKPOINT_EVERY_MS)
  watch.unref()
  const checker = checkLarge(path, parts.log)
  let open = true
  return {
    db,
    planMigrations: (plugin, all) => planAndKeep(db, parts.dataDir, plugin, all),
    rehearse: (pending, budgetMs) => rehearse(db, pending, budgetMs),
    applyMigrations: (pending, { atStart }) => apply(db, pending, { atStart, version: packageJson.version }),
    appliedMigrations: plugin => readHistory(db, plugin).map(({ name }) => name),
    ...createConfigCalls(db),
    read: (sql, params) => reader.read(sql, params),
    backup: target => backup(db, target),
    async close() {
      if (!open) return
      open = false
      clearInterval(watch)
      await Promise.all([reader.close(), checker?.close()])
      db.close()
      parts.unlock()
    },
  }
}

/** The check of a file too large to be checked before the start, on a worker of its own. */
function checkLarge(path: string, log: Logger): Reader | undefined {
  if (statSync(path).size <= CHECKED_AT_START) return undefined
  const checker = createReader(path, { timeoutMs: 600_000, idleMs: 1000 })
  checker.read('PRAGMA quick_check(1)', []).then(
    rows => {
      if (rows[0]?.['quick_check'] !== 'ok')
        log.error({ code: 'RUN_DATABASE_DAMAGED', rows }, 'the database is damaged')
    },
    error => log.debug({ error }, 'the check of the database did not finish'),
  )
  return checker
}

/** Plans, and keeps a copy of the database before it changes the tables of a plugin that already has some. */
async function planAndKeep(
  db: Database,
  dataDir: string,
  plugin: string,
  all: readonly NamedMigration[],
): Promise<PendingMigrations> {
  const planned = await plan(db, plugin, all)
  const first = planned.pending[0]
  if (first === undefined || readHistory(db, plugin).length === 0) return planned
  try {
    await backupBefore(db, dataDir, plugin, first.name)
  } catch (cause) {
    const detail = `The backup before ${first.name} failed: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new PluginError('PLG_MIGRATION_FAILED', { phase: 'rehearse', plugin }, { detail, cause })
  }
  return planned
}

/** A long reader keeps checkpoints from finishing; once it is gone, a restart checkpoint lets the log begin at its head again. */
function boundWal(db: Database, path: string, log: Logger): void {
  try {
    const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
    if (size < WAL_LIMIT || db.inTransaction) return
    const [answer] = db.pragma('wal_checkpoint(RESTART)') as { busy: number }[]
    if (answer?.busy) log.warn({ size }, 'the write-ahead log grows: a long reader holds it')
  } catch (error) {
    log.warn({ error: String(error) }, 'checkpoint failed')
  }
}
