import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findNotAdditive } from '../../../kernel/store/additive.ts'

const ADDS = [
  'CREATE TABLE demo_a (id TEXT PRIMARY KEY) STRICT',
  'create table if not exists "demo_a" (x)',
  'CREATE TABLE main.demo_a (x)',
  'CREATE VIRTUAL TABLE demo_search USING fts5(text)',
  'CREATE UNIQUE INDEX demo_a_x ON demo_a (x)',
  'CREATE INDEX IF NOT EXISTS demo_i ON demo_a (x) WHERE x > 1',
  'ALTER TABLE demo_a ADD COLUMN y INTEGER',
  'ALTER TABLE demo_a ADD y',
  "INSERT INTO demo_a VALUES ('; DROP TABLE other; --')",
  'UPDATE demo_a SET x = 1',
  'DELETE FROM demo_a WHERE x = 1',
  '-- DROP TABLE demo_a\nCREATE TABLE demo_b (x); /* rename; */',
  'CREATE TRIGGER demo_t AFTER INSERT ON demo_a BEGIN UPDATE demo_a SET y = CASE WHEN 1 THEN 2 END; DELETE FROM demo_b; END; CREATE TABLE demo_c (x)',
  'WITH n AS (SELECT 1 AS i) INSERT INTO demo_a SELECT i FROM n',
  'SELECT 1',
  '',
]

const REFUSED = [
  'DROP TABLE demo_a',
  'drop index demo_i',
  'CREATE TABLE demo_a (x); DROP TABLE demo_b',
  'ALTER TABLE demo_a RENAME TO demo_b',
  'ALTER TABLE demo_a RENAME COLUMN x TO y',
  'ALTER TABLE demo_a DROP COLUMN x',
  'ALTER TABLE other_a ADD COLUMN x',
  'CREATE TABLE item (x)',
  'CREATE TABLE demoitem (x)',
  'CREATE TABLE "other_a" (x)',
  'CREATE INDEX demo_i ON other_a (x)',
  'CREATE INDEX other_i ON demo_a (x)',
  'CREATE TRIGGER demo_t AFTER INSERT ON other_a BEGIN SELECT 1; END',
  'INSERT INTO kernel_migration VALUES (1)',
  'REPLACE INTO other_a VALUES (1)',
  'UPDATE other_a SET x = 1',
  'DELETE FROM main.other_a',
  'WITH n AS (SELECT 1) DELETE FROM other_a',
  'PRAGMA writable_schema = 1',
  "ATTACH DATABASE 'x' AS y",
  'VACUUM',
  'COMMIT',
  'BEGIN',
  '/* x */ DROP /* y */ TABLE demo_a',
]

test('statements that only add to own tables pass', () => {
  for (const sql of ADDS) assert.equal(findNotAdditive(sql, 'demo_'), undefined, sql)
})

test('everything else is named', () => {
  for (const sql of REFUSED) assert.notEqual(findNotAdditive(sql, 'demo_'), undefined, sql)
})
