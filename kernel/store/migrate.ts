import type { Database } from 'better-sqlite3'
import { type Migration, PluginError, type PluginErrorCode } from '../contract/index.ts'
import type { NamedMigration, PendingMigrations } from '../ports.ts'
import { findNotAdditive } from './additive.ts'

type MigrationDb = Parameters<Migration['up']>[0]

/** Thrown to leave the rehearsal's transaction; never escapes this module. */
class RolledBack extends Error {}

/** Runs the pending expand migrations and rolls all of it back. */
export function rehearse(db: Database, { plugin, pending }: PendingMigrations, budgetMs: number): void {
  const begun = performance.now()
  const run = db.transaction(() => {
    for (const item of pending) if (!isContract(item)) runOne(db, plugin, item, 'rehearse')
    throw new RolledBack()
  })
  try {
    run.immediate()
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error
  }
  const ms = performance.now() - begun
  if (ms > budgetMs) {
    throw failure('PLG_MIGRATION_BUDGET', plugin, 'rehearse', `It took ${ms.toFixed(0)} ms of ${budgetMs} ms.`)
  }
}

/**
 * Applies each migration in its own immediate transaction with its history row. A contract migration waits for a start, and
 * what follows it waits with it: the history never has a gap.
 */
export function apply(
  db: Database,
  { plugin, pending }: PendingMigrations,
  options: { atStart: boolean; version: string },
): void {
  const note = db.prepare(
    'INSERT INTO kernel_migration (plugin, name, sha256, kernel, applied_at, ms) VALUES (?, ?, ?, ?, ?, ?)',
  )
  for (const item of pending) {
    if (isContract(item) && !options.atStart) return
    const begun = performance.now()
    db.transaction(() => {
      runOne(db, plugin, item, 'migrate')
      note.run(plugin, item.name, item.sha256, options.version, Date.now(), performance.now() - begun)
    }).immediate()
  }
}

function isContract(item: NamedMigration): boolean {
  return item.migration.kind === 'contract'
}

function runOne(db: Database, plugin: string, item: NamedMigration, phase: 'rehearse' | 'migrate'): void {
  let answer: unknown
  try {
    answer = item.migration.up(isContract(item) ? db : checked(db, plugin, item.name, phase))
  } catch (cause) {
    if (cause instanceof PluginError) throw cause
    const text = cause instanceof Error ? cause.message : String(cause)
    throw failure('PLG_MIGRATION_FAILED', plugin, phase, `${item.name}: ${text}`, cause)
  }
  if (isThenable(answer)) {
    // Nobody waits for it any more, but its failure must not end the process.
    Promise.resolve(answer).catch(() => undefined)
    throw failure(
      'PLG_MIGRATION_FAILED',
      plugin,
      phase,
      `${item.name}: up() must be synchronous, it returned a promise.`,
    )
  }
  // A COMMIT inside up() would have made its changes final without the history row.
  if (!db.inTransaction) {
    throw failure('PLG_MIGRATION_FAILED', plugin, phase, `${item.name}: up() ended the transaction.`)
  }
}

function checked(db: Database, plugin: string, name: string, phase: 'rehearse' | 'migrate'): MigrationDb {
  const prefix = `${plugin.replaceAll('-', '_')}_`
  const check = (sql: string): string => {
    const why = findNotAdditive(sql, prefix)
    if (why !== undefined) throw failure('PLG_MIGRATION_NOT_ADDITIVE', plugin, phase, `${name} ${why}`)
    return sql
  }
  return {
    exec: (sql: string) => db.exec(check(sql)),
    prepare: ((sql: string) => db.prepare(check(sql))) as MigrationDb['prepare'],
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function failure(
  code: PluginErrorCode,
  plugin: string,
  phase: 'rehearse' | 'migrate',
  detail: string,
  cause?: unknown,
): PluginError {
  return new PluginError(code, { phase, plugin }, { detail, cause })
}
