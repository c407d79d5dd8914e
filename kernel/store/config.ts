import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { Store } from '../ports.ts'

type ConfigCalls = Pick<Store, 'readConfig' | 'writeConfig' | 'readFact' | 'writeFact'>

/** Stored configuration of plugins and the kernel's facts. */
export function createConfigCalls(db: Database): ConfigCalls {
  const readConfig = db.prepare<[string], { version: string; value: string; etag: string }>(
    'SELECT version, value, etag FROM kernel_config WHERE plugin = ?',
  )
  const writeConfig = db.prepare(`
    INSERT INTO kernel_config (plugin, version, value, etag, changed_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (plugin) DO UPDATE SET version = excluded.version, value = excluded.value, etag = excluded.etag,
      changed_at = excluded.changed_at`)
  const readFact = db.prepare<[string], { value: string }>('SELECT value FROM kernel_fact WHERE name = ?')
  const writeFact = db.prepare(`
    INSERT INTO kernel_fact (name, value, changed_at) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`)
  const dropFact = db.prepare('DELETE FROM kernel_fact WHERE name = ?')

  return {
    readConfig(plugin) {
      const row = readConfig.get(plugin)
      return row === undefined ? null : { version: row.version, value: JSON.parse(row.value), etag: row.etag }
    },
    writeConfig(plugin, version, value) {
      const text = toJson(value)
      const etag = createHash('sha256')
        .update(JSON.stringify([version, text]))
        .digest('base64url')
        .slice(0, 22)
      writeConfig.run(plugin, version, text, etag, Date.now())
      return etag
    },
    readFact(name) {
      const row = readFact.get(name)
      return row === undefined ? undefined : JSON.parse(row.value)
    },
    writeFact(name, value) {
      if (value === undefined) dropFact.run(name)
      else writeFact.run(name, toJson(value), Date.now())
    },
  }
}

function toJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError('the value is not JSON')
  return text
}
