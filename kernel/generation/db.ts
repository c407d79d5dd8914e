import { type Db, PluginError } from '../contract/index.ts'

const WRITES =
  /\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|update(?:\s+or\s+\w+)?|delete\s+from|(?:create|drop)\s+(?:temp\s+|temporary\s+)?(?:virtual\s+)?table(?:\s+if\s+(?:not\s+)?exists)?|alter\s+table)\s+([\w."`[\]]+)/gi
/** What follows UPDATE in an upsert or a trigger head is no table. */
const NOT_TABLES: ReadonlySet<string> = new Set(['set', 'of', 'on'])

/** Tables a plugin writes carry its id: `openclaw-routing` owns `openclaw_routing_…`. */
function tablePrefix(plugin: string): string {
  return `${plugin.replaceAll('-', '_')}_`
}

/**
 * The database as one plugin sees it. The check is a fence against mistakes, not against malice: it reads the SQL once, when
 * a statement is prepared, and refuses writes to tables without the plugin's prefix.
 */
export function dbFor(plugin: string, db: Db): Db {
  const check = (sql: string) => checkTables(plugin, sql)
  return {
    prepare: ((sql: string) => {
      check(sql)
      return db.prepare(sql)
    }) as Db['prepare'],
    exec: ((sql: string) => {
      check(sql)
      return db.exec(sql)
    }) as Db['exec'],
    transaction: db.transaction.bind(db) as Db['transaction'],
    pragma: db.pragma.bind(db) as Db['pragma'],
  }
}

/** Throws PLG_TABLE_FOREIGN. */
export function checkTables(plugin: string, sql: string): void {
  const prefix = tablePrefix(plugin)
  const bare = sql.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  for (const [, written = ''] of bare.matchAll(WRITES)) {
    const table = written.replace(/["`[\]]/g, '').replace(/^(main|temp)\./i, '')
    if (NOT_TABLES.has(table.toLowerCase()) || table.toLowerCase().startsWith(prefix)) continue
    throw new PluginError('PLG_TABLE_FOREIGN', { phase: 'run', plugin }, { detail: `"${table}" lacks "${prefix}".` })
  }
}
