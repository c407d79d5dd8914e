import { defineMigration } from 'clawnex/contract'

export default defineMigration({
  up(db) {
    db.exec(`
      CREATE TABLE shield_setting (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        changed_at INTEGER NOT NULL,
        changed_by TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `)
  },
})
