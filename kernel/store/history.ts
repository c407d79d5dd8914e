import type { Database } from 'better-sqlite3'
import { Umzug } from 'umzug'
import { PluginError, RunError } from '../contract/index.ts'
import type { NamedMigration, PendingMigrations } from '../ports.ts'

interface HistoryRow {
  readonly name: string
  readonly sha256: string
}

export function createHistoryTable(db: Database): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS kernel_migration (
      plugin TEXT NOT NULL,
      name TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      kernel TEXT NOT NULL,
      applied_at INTEGER NOT NULL,
      ms REAL NOT NULL,
      PRIMARY KEY (plugin, name)
    ) STRICT, WITHOUT ROWID
  `)
}

export function readHistory(db: Database, plugin: string): readonly HistoryRow[] {
  return db
    .prepare<[string], HistoryRow>('SELECT name, sha256 FROM kernel_migration WHERE plugin = ? ORDER BY name')
    .all(plugin)
}

/** What is left to run, planned by umzug against the history. Throws PLG_MIGRATION_HISTORY. */
export async function plan(db: Database, plugin: string, all: readonly NamedMigration[]): Promise<PendingMigrations> {
  const done = readHistory(db, plugin)
  checkHistory(plugin, done, all)
  const planner = new Umzug({
    migrations: all.map(({ name }) => ({ name, up: () => refuseToRun(name) })),
    storage: {
      executed: () => Promise.resolve(done.map(row => row.name)),
      logMigration: ({ name }) => refuseToRun(name),
      unlogMigration: ({ name }) => refuseToRun(name),
    },
    logger: undefined,
  })
  const names = new Set((await planner.pending()).map(({ name }) => name))
  return { plugin, pending: all.filter(({ name }) => names.has(name)) }
}

/** Umzug only plans: it would log after the fact and outside the transaction, which a crash could fall between. */
function refuseToRun(name: string): Promise<never> {
  return Promise.reject(new Error(`${name} is run by the store alone`))
}

/** Applied migrations must be the first of the list, unchanged; the list must ascend without doubles. */
function checkHistory(plugin: string, done: readonly HistoryRow[], all: readonly NamedMigration[]): void {
  const broken = (detail: string) => new PluginError('PLG_MIGRATION_HISTORY', { phase: 'rehearse', plugin }, { detail })
  all.forEach(({ name }, index) => {
    if (!/^\d{4}-[a-z0-9-]+$/.test(name)) throw broken(`"${name}" is not named NNNN-word.`)
    if (Number(name.slice(0, 4)) !== index + 1) {
      throw broken(`"${name}" stands at place ${index + 1}: numbers ascend from 0001 without a gap.`)
    }
  })
  done.forEach((row, index) => {
    const known = all[index]
    if (known === undefined || known.name !== row.name) {
      throw broken(
        `"${row.name}" was applied, but the plugin now has ${known === undefined ? 'nothing' : `"${known.name}"`} in its place.`,
      )
    }
    if (known.sha256 !== row.sha256) throw broken(`"${row.name}" changed after it was applied.`)
  })
}

/** A kernel history longer than the program knows is the mark of a newer program. Throws RUN_DATABASE_NEWER. */
export function refuseNewer(db: Database, known: readonly NamedMigration[]): void {
  const names = new Set(known.map(({ name }) => name))
  const unknown = readHistory(db, 'kernel').find(({ name }) => !names.has(name))
  if (unknown !== undefined)
    throw new RunError('RUN_DATABASE_NEWER', { detail: `It has the migration "${unknown.name}".` })
}
