import { defineMigration } from '../kernel/contract/index.ts'

/** The history table itself is made by the store, because each migration writes its row there. */
export default defineMigration({
  up(db) {
    db.exec(`
      CREATE TABLE kernel_config (
        plugin TEXT PRIMARY KEY,
        version TEXT NOT NULL,
        value TEXT NOT NULL,
        etag TEXT NOT NULL,
        changed_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE kernel_fact (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        changed_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      -- "position" is the byte behind the last ingested line of the segment.
      CREATE TABLE kernel_spool_cursor (
        segment TEXT PRIMARY KEY,
        position INTEGER NOT NULL,
        records INTEGER NOT NULL,
        changed_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE kernel_record_failed (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        key TEXT NOT NULL,
        plugin TEXT,
        at INTEGER NOT NULL,
        row TEXT NOT NULL,
        error TEXT NOT NULL,
        failed_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE kernel_record_waiting (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        key TEXT NOT NULL,
        at INTEGER NOT NULL,
        row TEXT NOT NULL
      ) STRICT;
      CREATE INDEX kernel_record_waiting_key ON kernel_record_waiting (key, seq);
    `)
  },
})
