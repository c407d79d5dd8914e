import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Ingest, readBatch } from '../../../kernel/plane/ingest.ts'
import type { RecordHandler } from '../../../kernel/ports.ts'
import { openStore } from '../../../kernel/store/index.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { listeningLog } from './rig.ts'

async function openIngest(t: TestContext) {
  const { log, lines } = listeningLog()
  const store = await openStore({ dataDir: temporaryFolder(t), log })
  t.after(() => store.close())
  store.db.exec('CREATE TABLE demo_taken (id TEXT)')
  const insert = store.db.prepare('INSERT INTO demo_taken VALUES (?)')
  const ingest = new Ingest(store, log)
  const handlers = new Map<string, RecordHandler[]>()
  ingest.setHandlers(key => handlers.get(key) ?? [])
  const taking = (plugin: string, refuse: (row: unknown) => unknown = () => undefined): RecordHandler => ({
    plugin,
    take(rows) {
      for (const { id, row } of rows) {
        insert.run(`${plugin}:${id}`)
        const problem = refuse(row)
        if (problem instanceof Error) throw problem
      }
    },
  })
  return {
    store,
    ingest,
    lines,
    handlers,
    taking,
    taken: () => store.db.prepare('SELECT id FROM demo_taken ORDER BY rowid').pluck().all(),
    failed: () => store.db.prepare('SELECT id, plugin, error FROM kernel_record_failed ORDER BY seq').all(),
  }
}

/** Rows `n…` of segment S, each 10 bytes long. */
const batch = (from: number, to: number, key = 'k') => ({
  segment: 'S',
  to: to * 10,
  rows: Array.from({ length: to - from }, (_, n) => ({ id: `r${from + n}`, at: 1, key, row: { n: from + n } })),
  ends: Array.from({ length: to - from }, (_, n) => (from + n + 1) * 10),
})

test('a batch that comes again, whole, in part or cut otherwise, is taken once', async t => {
  const rig = await openIngest(t)
  rig.handlers.set('k', [rig.taking('p')])
  for (const [from, to] of [
    [0, 2],
    [0, 2],
    [0, 5],
    [3, 4],
    [0, 6],
    [5, 6],
  ] as const)
    rig.ingest.take(batch(from, to))
  assert.deepEqual(rig.taken(), ['p:r0', 'p:r1', 'p:r2', 'p:r3', 'p:r4', 'p:r5'])
})

test('a bad row is set aside with its error and keeps no other out', async t => {
  const rig = await openIngest(t)
  rig.handlers.set('k', [
    rig.taking('p', row => ((row as { n: number }).n === 1 ? new Error('no') : undefined)),
    rig.taking('q'),
  ])
  rig.ingest.take(batch(0, 3))
  rig.ingest.take(batch(3, 4))
  assert.deepEqual(rig.taken(), ['p:r0', 'p:r2', 'q:r0', 'q:r1', 'q:r2', 'p:r3', 'q:r3'])
  assert.partialDeepStrictEqual(rig.failed(), [{ id: 'r1', plugin: 'p', error: 'no' }])
  assert.equal(
    rig.lines.some(line => line.level === 'error' && line.fields['record'] === 'r1'),
    true,
  )
})

test('a database that cannot be written refuses the batch whole, and it can come again', async t => {
  const rig = await openIngest(t)
  let full = true
  const disk = () => (full ? Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' }) : undefined)
  rig.handlers.set('k', [rig.taking('p', row => ((row as { n: number }).n === 2 ? disk() : undefined))])
  assert.throws(() => rig.ingest.take(batch(0, 3)), /full/)
  assert.deepEqual(rig.taken(), [])
  assert.deepEqual(rig.failed(), [])
  full = false
  rig.ingest.take(batch(0, 3))
  assert.deepEqual(rig.taken(), ['p:r0', 'p:r1', 'p:r2'])
})

test('records that no plugin takes wait for one, bounded, oldest dropped first', async t => {
  const rig = await openIngest(t)
  for (let from = 0; from < 10_100; from += 100) rig.ingest.take(batch(from, from + 100))
  assert.equal(rig.ingest.counts().waiting, 10_000)
  assert.equal(rig.ingest.takeWaiting(), 0)
  rig.handlers.set('k', [rig.taking('p')])
  assert.equal(rig.ingest.takeWaiting(), 10_000)
  assert.equal(rig.ingest.takeWaiting(), 0)
  const taken = rig.taken()
  assert.deepEqual([taken[0], taken.at(-1), taken.length], ['p:r100', 'p:r10099', 10_000])
})

test('what waits survives a restart', async t => {
  const rig = await openIngest(t)
  rig.ingest.take(batch(0, 3))
  const again = new Ingest(rig.store, listeningLog().log)
  again.setHandlers(() => [rig.taking('p')])
  assert.equal(again.takeWaiting(), 3)
  assert.deepEqual(rig.taken(), ['p:r0', 'p:r1', 'p:r2'])
})

test('a message without the shape of a batch is none', () => {
  const good = { ...batch(0, 1) }
  assert.notEqual(readBatch(good), undefined)
  const bad = [
    {},
    { ...good, segment: 1 },
    { ...good, to: '1' },
    { ...good, ends: [] },
    { ...good, rows: [null] },
    { ...good, rows: [{ id: 1 }] },
  ]
  for (const message of bad) assert.equal(readBatch(message), undefined)
})
