import { defineMigration } from 'clawnex/contract'

export default defineMigration({
  up(db) {
    db.exec(`
      CREATE TABLE providers_provider (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        dialect TEXT NOT NULL CHECK (dialect IN ('openai', 'anthropic')),
        base_url TEXT NOT NULL,
        -- sealed to providers_provider.key:<id>
        key TEXT,
        key_last4 TEXT,
        enabled INTEGER NOT NULL DEFAULT 1,
        models TEXT,
        prices TEXT NOT NULL DEFAULT '{}',
        first_byte_ms INTEGER NOT NULL,
        idle_ms INTEGER NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `)
  },
})
