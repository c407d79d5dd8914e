import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkTables } from '../../../kernel/generation/db.ts'

describe('tables of a plugin', () => {
  it('may be written under its own prefix', () => {
    for (const sql of [
      'INSERT INTO open_claw_row (a) VALUES (1) ON CONFLICT DO UPDATE SET a = 2',
      'INSERT OR REPLACE INTO "open_claw_row" VALUES (1)',
      'UPDATE open_claw_row SET a = 1',
      'CREATE TABLE IF NOT EXISTS open_claw_row (a)',
      'CREATE TRIGGER open_claw_t AFTER UPDATE OF a ON open_claw_row BEGIN UPDATE open_claw_row SET a = 1; END',
      "SELECT 'insert into other_row' FROM kernel_fact -- delete from other_row",
      'CREATE VIRTUAL TABLE open_claw_fts USING fts5(text)',
      'DELETE FROM main.open_claw_row',
      'SELECT * FROM traffic_call',
    ]) {
      checkTables('open-claw', sql)
    }
  })

  it('others may not', () => {
    for (const sql of [
      'INSERT INTO traffic_call VALUES (1)',
      'INSERT OR IGNORE INTO kernel_fact VALUES (1)',
      'REPLACE INTO `traffic_call` VALUES (1)',
      'UPDATE OR IGNORE traffic_call SET a = 1',
      'delete\nfrom traffic_call',
      'DROP TABLE IF EXISTS traffic_call',
      'ALTER TABLE traffic_call ADD COLUMN x',
      'SELECT 1; DELETE FROM traffic_call',
      'UPDATE openclaw_row SET a = 1',
    ]) {
      assert.throws(() => checkTables('open-claw', sql), { code: 'PLG_TABLE_FOREIGN' }, sql)
    }
  })
})
