import { defineMigration } from 'clawnex/contract'

export default defineMigration({
  up(db) {
    db.exec(`
      CREATE TABLE rbac_key (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('model', 'api')),
        name TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE,
        last4 TEXT NOT NULL,
        permissions TEXT NOT NULL,
        models TEXT,
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        disabled_at INTEGER,
        last_used_at INTEGER,
        -- 0 made by someone, 1 first key not yet handed over, 2 first key handed over
        first INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE rbac_link (
        hash TEXT PRIMARY KEY,
        expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE rbac_session (
        id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `)
  },
})
