import { defineMigration } from 'clawnex/contract'

export default defineMigration({
  up(db) {
    db.exec(`
      ALTER TABLE providers_provider
        ADD COLUMN route TEXT NOT NULL DEFAULT 'auto' CHECK (route IN ('auto', 'litellm', 'direct'));
    `)
  },
})
