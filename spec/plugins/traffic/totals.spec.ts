import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { placeMarks } from '../../../plugins/traffic/query/marks.ts'
import { bucketOf, middleOf, percentile } from '../../../plugins/traffic/rollup/buckets.ts'
import { callRecord, callText, finding, startTraffic } from './start.ts'

const NOW = 1_800_000_000_000
const MINUTE = 60_000
const DAY = 86_400_000

test('a chart tells minutes without calls from minutes nobody watched', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { bench, take } = await startTraffic()
  take(callRecord({ at: NOW - 4 * MINUTE, verdict: 'block' }))
  await bench.run('mark-minute')
  t.mock.timers.tick(MINUTE)
  await bench.run('mark-minute')
  const { points, bucketMs, to } = (await bench.call('GET', '/chart', { query: { range: '8m', bucket: '1m' } })).body
  assert.equal(bucketMs, MINUTE)
  assert.equal(to, NOW + 2 * MINUTE)
  assert.deepEqual(
    points.map((point: { block: number } | null) => point?.block ?? null),
    [null, null, 1, null, null, null, 0, 0],
  )
})

test('the points of a chart add up to the calls of its range, at any width', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { bench, take } = await startTraffic()
  take(...Array.from({ length: 300 }, (_, i) => callRecord({ at: NOW - i * 17_000 })))
  for (const bucket of ['1m', '5m', '7m', '1h']) {
    const { points, from, to } = (await bench.call('GET', '/chart', { query: { range: '2h', bucket } })).body
    const sum = points.reduce((n: number, point: { allow: number } | null) => n + (point?.allow ?? 0), 0)
    const { items } = (await bench.call('GET', '', { query: { limit: '200', q: `since:${from} until:${to}` } })).body
    const more = bench.db.prepare('SELECT count(*) FROM traffic_call WHERE at >= ? AND at < ?').pluck().get(from, to)
    assert.equal(sum, more, bucket)
    assert.equal(items.length, 200)
  }
})

test('a chart chooses its own width and refuses one that would be too fine', async () => {
  const { bench } = await startTraffic()
  const width = async (range: string) => (await bench.call('GET', '/chart', { query: { range } })).body
  assert.equal((await width('1h')).bucketMs, MINUTE)
  assert.equal((await width('24h')).bucketMs, 60 * MINUTE)
  assert.ok((await width('30d')).points.length <= 91)
  const bad: Record<string, string>[] = [{ range: '30d', bucket: '1m' }, { range: '0m' }, { range: '500d' }]
  for (const query of bad) {
    await assert.rejects(bench.call('GET', '/chart', { query }), { code: 'API_INVALID' })
  }
  await assert.rejects(bench.call('GET', '/chart', { query: { range: 'long' } }), { code: 'API_INVALID' })
})

test('a summary counts the range and the one before, money by trust', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { bench, take } = await startTraffic()
  assert.equal((await bench.call('GET', '/summary')).body.calls, null, 'unknown, not zero')
  take(
    callRecord({ cost: { micros: 500, currency: 'USD', trust: 'actual' } }),
    callRecord({ cost: { micros: 70, currency: 'USD', trust: 'estimated' }, tokens: null }),
    callRecord({ verdict: 'block', cost: null, findings: [finding(), finding({ start: 9, end: 12 })] }),
    callRecord({ at: NOW - 25 * 3_600_000 }),
  )
  const { body } = await bench.call('GET', '/summary', { query: { range: '24h' } })
  assert.equal(body.calls, 3)
  assert.deepEqual([body.totals.allow, body.totals.block, body.totals.tokensUnknown], [2, 1, 1])
  assert.equal(body.previous.calls, 1)
  assert.deepEqual(body.cost, [
    { currency: 'USD', trust: 'actual', micros: 500, calls: 1 },
    { currency: 'USD', trust: 'estimated', micros: 70, calls: 1 },
  ])
  assert.deepEqual(body.topRules, [{ rule: 'injection.ignore-previous', title: finding().title, calls: 1 }])
  assert.ok(Math.abs(body.latency.p50Ms - 12.5) <= 12.5 * 0.05)
})

test('a latency lies within five percent of its bucket', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1_000_000, noNaN: true }), ms => {
      assert.ok(Math.abs(middleOf(bucketOf(ms)) - ms) / ms <= 0.05)
    }),
  )
  assert.equal(bucketOf(0), 0)
  assert.equal(bucketOf(-1), 0)
  assert.equal(bucketOf(Number.NaN), 0)
  assert.equal(percentile([], 0.5), null)
})

test('a percentile from buckets is close to the exact one', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 }), list => {
      const counts = new Map<number, number>()
      for (const ms of list) counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1)
      const sorted = [...list].sort((a, b) => a - b)
      const exact = sorted[Math.ceil(0.95 * list.length) - 1] as number
      const read = percentile(
        [...counts].sort((a, b) => a[0] - b[0]).map(([bucket, calls]) => ({ bucket, calls })),
        0.95,
      ) as number
      assert.ok(Math.abs(read - exact) <= exact * 0.05 + 0.1)
    }),
  )
})

test('retention removes calls with all that hangs on them, and keeps the totals', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { bench, take } = await startTraffic()
  const old = Array.from({ length: 1200 }, (_, i) =>
    callRecord({ at: NOW + i, findings: [finding()], texts: [callText('x')] }),
  )
  take(...old)
  t.mock.timers.tick(30 * DAY)
  const kept = callRecord({ findings: [finding()], texts: [callText('y')] })
  take(kept)
  await bench.run('retention')
  assert.equal(
    (await bench.call('GET', '', { query: { limit: '200' } })).body.items.length,
    200,
    'exactly 30 days is kept',
  )
  t.mock.timers.tick(MINUTE)
  await bench.run('retention')
  const count = (table: string) => bench.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
  assert.deepEqual(['traffic_call', 'traffic_finding', 'traffic_text'].map(count), [1, 1, 1])
  assert.equal((await bench.call('GET', '')).body.items[0].id, kept.id)
  assert.equal((await bench.call('GET', '/summary', { query: { range: '60d' } })).body.calls, 1201)
  t.mock.timers.tick(400 * DAY)
  await bench.run('retention')
  assert.deepEqual(
    ['traffic_call', 'traffic_minute', 'traffic_minute_cost', 'traffic_minute_latency'].map(count),
    [0, 0, 0, 0],
  )
})

test('retention follows the setting and stops when told', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { bench, take } = await startTraffic()
  take(callRecord())
  t.mock.timers.tick(8 * DAY)
  const job = bench.jobs.find(candidate => candidate.name === 'retention')
  await bench.call('PUT', '/settings', { body: { textMode: 'redacted', days: 7 } })
  await job?.run(AbortSignal.abort())
  assert.equal((await bench.call('GET', '')).body.items.length, 1)
  await bench.run('retention')
  assert.equal((await bench.call('GET', '')).body.items.length, 0)
})

test('marks of a text without removals are the findings themselves', () => {
  const findings = [finding({ start: 2, end: 4 }), finding({ unit: 1 }), finding({ start: 0, end: 99 })]
  assert.deepEqual(placeMarks(callText('hello'), findings), [
    { start: 0, end: 5, finding: 2 },
    { start: 2, end: 4, finding: 0 },
  ])
})

test('marks point at the same words after spans were replaced', () => {
  // Builds an original from pieces, removes some, and checks each finding against the words it was made for.
  const piece = fc.record(
    { words: fc.stringMatching(/^[a-z]{1,12}$/), kind: fc.constantFrom('plain', 'found', 'removed') },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
      let original = ''
      let stored = ''
      const findings = []
      const removed = []
      const expected: string[] = []
      for (const { words, kind } of pieces) {
        const start = original.length
        original += words
        const shown = kind === 'removed' ? '[gone]' : words
        if (kind !== 'plain') {
          findings.push(finding({ start, end: original.length, category: kind === 'removed' ? 'secret' : 'path' }))
          expected.push(shown)
        }
        if (kind === 'removed') removed.push({ start: stored.length, end: stored.length + shown.length, label: 'gone' })
        stored += shown
        original += ' '
        stored += ' '
      }
      const marks = placeMarks(callText(stored, { removed }), findings)
      assert.deepEqual(
        marks.map(mark => stored.slice(mark.start, mark.end)),
        expected,
      )
    }),
  )
})

test('a finding around a removed secret keeps its whole extent', () => {
  const findings = [
    finding({ start: 0, end: 50 }),
    finding({ start: 10, end: 30, category: 'secret' }),
    finding({ start: 20, end: 35, category: 'pii' }),
    finding({ start: 40, end: 44 }),
  ]
  const stored = `${'a'.repeat(10)}[x]${'b'.repeat(15)}`
  const marks = placeMarks(callText(stored, { removed: [{ start: 10, end: 13, label: '[x]' }] }), findings)
  assert.deepEqual(
    marks.map(mark => [mark.finding, mark.start, mark.end]),
    [
      [0, 0, 28],
      [1, 10, 13],
      [2, 10, 13],
      [3, 18, 22],
    ],
  )
})
