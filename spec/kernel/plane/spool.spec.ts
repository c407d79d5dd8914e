import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { FILE_CALLS, type FileCalls } from '../../../kernel/plane/file-calls.ts'
import { encodeLine, measureSegment, scanLines } from '../../../kernel/plane/segment.ts'
import { Spool } from '../../../kernel/plane/spool.ts'
import { createUlid } from '../../../kernel/plane/ulid.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { failNth } from './fail-nth.ts'
import { listeningLog, until } from './rig.ts'

const nextId = createUlid()
const record = (row: unknown) => ({ id: nextId(), at: 1, key: 'demo.row@1', row })

interface Rig {
  readonly spool: Spool
  readonly reports: string[]
  append(row: unknown): string
}

function openSpool(t: TestContext, dataDir: string, options: { limit?: number; files?: FileCalls } = {}): Rig {
  const reports: string[] = []
  const spool = new Spool({ dataDir, log: listeningLog().log, onReport: code => reports.push(code), ...options })
  t.after(() => spool.close())
  return {
    spool,
    reports,
    append(row) {
      const item = record(row)
      spool.append(item)
      return item.id
    },
  }
}

/** Takes and acknowledges everything, as the dashboard would: by the positions it has seen. */
function drain(spool: Spool, cursors = new Map<string, number>()): string[] {
  const ids: string[] = []
  for (;;) {
    const batch = spool.nextBatch()
    if (batch === undefined) return ids
    const position = cursors.get(batch.segment) ?? 0
    batch.rows.forEach((row, index) => {
      if ((batch.ends[index] ?? 0) > position) ids.push(JSON.parse(row).id as string)
    })
    cursors.set(batch.segment, Math.max(position, batch.to))
    spool.acknowledge(batch.segment, batch.to, batch.rows.length)
  }
}

const segments = (dataDir: string) => readdirSync(join(dataDir, 'spool')).filter(name => name.endsWith('.ndjson'))

test('a tail cut at any byte leaves exactly the whole records', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 2 }), { minLength: 1, maxLength: 5 }), rows => {
      const lines = rows.map(row => encodeLine(record(row)))
      const bytes = Buffer.concat(lines)
      for (let end = 0; end <= bytes.length; end += 1) {
        let whole = 0
        for (let sum = 0; whole < lines.length && sum + (lines[whole]?.length ?? 0) <= end; whole += 1)
          sum += lines[whole]?.length ?? 0
        const measured = measureSegment(bytes.subarray(0, end))
        assert.deepEqual([measured.records, measured.damaged], [whole, 0])
        assert.equal(
          measured.end,
          lines.slice(0, whole).reduce((sum, line) => sum + line.length, 0),
        )
      }
    }),
    { numRuns: 40 },
  )
})

test('one changed byte costs the line it is in, or the two it joins, and no other', () => {
  const lines = Array.from({ length: 5 }, (_, n) => encodeLine(record({ n, text: 'some text' })))
  const bytes = Buffer.concat(lines)
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes)
    altered[at] = (altered[at] ?? 0) ^ 0x01
    const good = [...scanLines(altered)].filter(line => line.json !== undefined)
    const isNewline = bytes[at] === 0x0a
    assert.ok(good.length >= (isNewline ? 3 : 4), `byte ${at}`)
    for (const { json } of good) assert.equal(JSON.parse(json ?? '').row.text, 'some text')
  }
})

test('after a restart everything not acknowledged is offered again, in order', t => {
  const dataDir = temporaryFolder(t)
  const first = openSpool(t, dataDir)
  const ids = Array.from({ length: 600 }, (_, n) => first.append({ n }))
  const batch = first.spool.nextBatch()
  assert.equal(batch?.rows.length, 256)
  first.spool.close()
  const second = openSpool(t, dataDir)
  ids.push(second.append('later'))
  assert.equal(second.spool.status().pending, 601)
  assert.deepEqual(drain(second.spool), ids)
  assert.deepEqual(second.spool.status().pending, 0)
})

test('a torn tail is cut and told, the records before it are kept', t => {
  const dataDir = temporaryFolder(t)
  const first = openSpool(t, dataDir)
  const ids = [first.append('a'), first.append('b')]
  first.append('lost')
  first.spool.close()
  const path = join(dataDir, 'spool', segments(dataDir)[0] ?? '')
  truncateSync(path, readFileSync(path).length - 3)
  const second = openSpool(t, dataDir)
  assert.deepEqual(second.reports, ['RUN_SPOOL_DAMAGED'])
  assert.deepEqual(drain(second.spool), ids)
  second.spool.close()
  assert.deepEqual(openSpool(t, dataDir).reports, [])
})

test('zeros behind the last record, as a power cut leaves them, are cut', t => {
  const dataDir = temporaryFolder(t)
  const first = openSpool(t, dataDir)
  const ids = [first.append('a')]
  first.spool.close()
  appendFileSync(join(dataDir, 'spool', segments(dataDir)[0] ?? ''), Buffer.alloc(4096))
  const second = openSpool(t, dataDir)
  assert.deepEqual(second.reports, ['RUN_SPOOL_DAMAGED'])
  assert.deepEqual(drain(second.spool), ids)
})

test('a damaged line in the middle is skipped and told', t => {
  const dataDir = temporaryFolder(t)
  const first = openSpool(t, dataDir)
  const ids = ['a', 'b', 'c'].map(row => first.append(row))
  first.spool.close()
  const path = join(dataDir, 'spool', segments(dataDir)[0] ?? '')
  const bytes = readFileSync(path)
  bytes.write('XX', bytes.indexOf(0x0a) + 20)
  writeFileSync(path, bytes)
  const second = openSpool(t, dataDir)
  assert.deepEqual(second.reports, ['RUN_SPOOL_DAMAGED'])
  assert.deepEqual(drain(second.spool), [ids[0], ids[2]])
})

test('files that are not segments are left alone', t => {
  const dataDir = temporaryFolder(t)
  mkdirSync(join(dataDir, 'spool', '01ARZ3NDEKTSV4RRFFQ69G5FAV.ndjson'), { recursive: true })
  writeFileSync(join(dataDir, 'spool', 'notes.txt'), 'mine')
  const { spool, append } = openSpool(t, dataDir)
  const id = append('a')
  assert.deepEqual(drain(spool), [id])
  assert.equal(readFileSync(join(dataDir, 'spool', 'notes.txt'), 'utf8'), 'mine')
})

test('segments rotate, go when they are acknowledged, and the room comes back', t => {
  const dataDir = temporaryFolder(t)
  const { spool, append } = openSpool(t, dataDir, { limit: 200_000 })
  const ids: string[] = []
  while (spool.accepting()) ids.push(append('x'.repeat(1000)))
  assert.ok(segments(dataDir).length > 3)
  assert.ok(spool.status().bytes <= 200_000)
  assert.deepEqual(drain(spool), ids)
  assert.ok(segments(dataDir).length <= 1)
  assert.equal(spool.accepting(), true)
})

test('a full spool refuses new calls first, then records, and counts what it dropped', t => {
  const { spool, append, reports } = openSpool(t, temporaryFolder(t), { limit: 100_000 })
  while (spool.accepting()) append('x'.repeat(500))
  const full = (error: unknown) => (error as { code?: string }).code === 'GW_RECORDS_FULL'
  const finished = append('the end of a call that was running')
  assert.throws(() => {
    for (;;) append('x'.repeat(500))
  }, full)
  assert.equal(spool.status().dropped, 1)
  assert.deepEqual(reports, ['RUN_SPOOL_FULL'])
  assert.ok(drain(spool).includes(finished))
  append('again')
})

test('a record over the greatest size is refused alone', t => {
  const { spool, append } = openSpool(t, temporaryFolder(t))
  assert.throws(() => append('x'.repeat(9_000_000)), { code: 'GW_RECORDS_FULL' })
  const id = append('small')
  assert.deepEqual(drain(spool), [id])
})

for (const [kind, code] of [
  ['write', 'ENOSPC'],
  ['write', 'EIO'],
  ['fsync', 'EIO'],
  ['fsyncLater', 'EIO'],
  ['open', 'ENOSPC'],
  ['rename', 'EIO'],
] as const) {
  test(`whichever ${kind} fails with ${code}, every acknowledged record is kept once, and it recovers`, async t => {
    for (const n of [1, 2, 3, 5, 8, 13, 21, 34, 40]) {
      const dataDir = temporaryFolder(t)
      const first = openSpool(t, dataDir, { limit: 40_000, files: failNth(FILE_CALLS, kind, n, code, 2) })
      const kept: string[] = []
      const taken: string[] = []
      const cursors = new Map<string, number>()
      for (let count = 0; count < 60; count += 1) {
        try {
          kept.push(first.append('x'.repeat(200)))
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'GW_RECORDS_FULL')
        }
        if (count % 20 === 19) taken.push(...drain(first.spool, cursors))
        if (count % 10 === 9) await new Promise(resolve => setTimeout(resolve, 12))
      }
      first.spool.close()
      const second = openSpool(t, dataDir)
      taken.push(...drain(second.spool, cursors))
      assert.deepEqual(
        [...new Set(taken)].filter(id => kept.includes(id)),
        kept,
        `${kind} ${n}`,
      )
      assert.equal(taken.length, new Set(taken).size, `${kind} ${n}: nothing twice`)
    }
  })
}

test('after trouble it accepts again by itself, and nothing of before is lost or doubled', async t => {
  const dataDir = temporaryFolder(t)
  const { spool, append, reports } = openSpool(t, dataDir, { files: failNth(FILE_CALLS, 'write', 3, 'ENOSPC', 2) })
  const ids = [append('a'), append('b')]
  assert.throws(() => append('c'), { code: 'GW_RECORDS_FULL' })
  assert.equal(spool.accepting(), false)
  assert.ok(reports.includes('RUN_SPOOL_FULL'))
  await until(() => spool.accepting(), 'recovery')
  ids.push(append('d'))
  assert.deepEqual(drain(spool), ids)
  spool.close()
  assert.deepEqual(openSpool(t, dataDir).reports, [])
})
