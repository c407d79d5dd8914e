import Database from 'better-sqlite3'
import { PluginError } from '../contract/index.ts'
import type { NamedMigration, PendingMigrations, Store } from '../ports.ts'

/** A store in memory: the same statements and the same order as on disk, gone with the process. */
export function memoryStore(): Store {
  const db = new Database(':memory:')
  const applied = new Map<string, string[]>()
  const facts = new Map<string, unknown>()
  const configs = new Map<string, { version: string; value: unknown; etag: string }>()
  const names = (plugin: string): string[] => applied.get(plugin) ?? []

  return {
    db,
    async planMigrations(plugin, all) {
      const known = names(plugin)
      if (known.some((name, index) => all[index]?.name !== name)) {
        const detail = `Applied: ${known.join(', ')}. Found: ${all.map(({ name }) => name).join(', ')}.`
        throw new PluginError('PLG_MIGRATION_HISTORY', { phase: 'rehearse', plugin }, { detail })
      }
      return { plugin, pending: all.slice(known.length) }
    },
    rehearse(pending) {
      const undo = new Error('rehearsed')
      try {
        db.transaction(() => {
          for (const named of expanding(pending)) up(db, pending.plugin, named)
          throw undo
        })()
      } catch (error) {
        if (error !== undo) throw error
      }
    },
    applyMigrations(pending, { atStart }) {
      for (const named of atStart ? pending.pending : expanding(pending)) {
        db.transaction(() => up(db, pending.plugin, named))()
        applied.set(pending.plugin, [...names(pending.plugin), named.name])
      }
    },
    appliedMigrations: names,
    readConfig: plugin => configs.get(plugin) ?? null,
    writeConfig(plugin, version, value) {
      const etag = String(configs.size + 1)
      configs.set(plugin, { version, value: structuredClone(value), etag })
      return etag
    },
    readFact: name => facts.get(name) ?? null,
    writeFact: (name, value) => void facts.set(name, structuredClone(value)),
    read: async (sql, params) => db.prepare(sql).all(...params) as Record<string, unknown>[],
    async close() {
      db.close()
    },
  }
}

const expanding = ({ pending }: PendingMigrations): readonly NamedMigration[] =>
  pending.filter(({ migration }) => migration.kind !== 'contract')

function up(db: Database.Database, plugin: string, { name, migration }: NamedMigration): void {
  try {
    migration.up(db)
  } catch (cause) {
    const detail = `${name}: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new PluginError('PLG_MIGRATION_FAILED', { phase: 'rehearse', plugin }, { detail, cause })
  }
}
