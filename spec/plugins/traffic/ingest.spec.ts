import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { CALLS, type CallRecord, RECORDING } from '../../../kernel/contract/index.ts'
import { RECORDING_SETTINGS } from '../../../plugins/traffic/contract.ts'
import gateway from '../../../plugins/traffic/gateway.ts'
import { actorWith, gatewayBench } from '../../fixtures/plugin-host.ts'
import { callRecord, callText, finding, recorded, startTraffic } from './start.ts'

const turn = () => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

test('a call is listed with every member the API promises', async () => {
  const { bench, take } = await startTraffic()
  const call = callRecord({
    verdict: 'block',
    action: 'refused',
    status: 400,
    error: 'GW_BLOCKED',
    tokens: null,
    cost: null,
    firstByteMs: null,
    score: 91,
    findings: [finding(), finding({ rule: 'path.ssh-key', category: 'path', severity: 'critical', start: 7, end: 12 })],
  })
  take(call)
  const { items, next } = (await bench.call('GET', '')).body
  assert.equal(next, null)
  const { texts, ...kept } = call
  assert.deepEqual(items, [{ ...kept, findings: call.findings.map(({ confidence, ...rest }) => rest) }])
})

test('records that come twice are stored, counted and told once', async () => {
  const { bench } = await startTraffic()
  const calls = Array.from({ length: 20 }, () => callRecord({ findings: [finding()] }))
  const deliver = (some: CallRecord[]) => bench.ingest(CALLS, some.map(recorded))
  deliver(calls.slice(0, 12))
  deliver(calls.slice(5))
  deliver(calls)
  await turn()
  assert.equal((await bench.call('GET', '')).body.items.length, 20)
  assert.equal((await bench.call('GET', '/summary')).body.calls, 20)
  assert.equal(bench.events.length, 20)
})

test('a batch that fails leaves nothing behind and is told to nobody', async () => {
  const { bench, take } = await startTraffic()
  const good = callRecord()
  const bad = callRecord({ latencyMs: 'x' as never })
  assert.throws(() => take(good, bad))
  await turn()
  assert.equal((await bench.call('GET', '')).body.items.length, 0)
  assert.equal((await bench.call('GET', '/summary')).body.calls ?? 0, 0)
  assert.equal(bench.events.length, 0)
  take(good)
  await turn()
  assert.equal(bench.events.length, 1)
})

test('a call that was rolled back after it was taken is not told', async () => {
  const { bench } = await startTraffic()
  const call = callRecord()
  assert.throws(() =>
    bench.db.transaction(() => {
      bench.ingest(CALLS, [recorded(call)])
      throw new Error('disk full')
    })(),
  )
  await turn()
  assert.equal(bench.events.length, 0)
})

test('every event is exactly the item of the list', async () => {
  const { bench, take } = await startTraffic()
  take(callRecord({ stream: true, findings: [finding()] }))
  await turn()
  assert.equal(bench.events[0]?.id, 'traffic.call')
  assert.deepEqual(bench.events[0]?.payload, (await bench.call('GET', '')).body.items[0])
})

test('minute totals equal a recount of the calls', async () => {
  const { bench } = await startTraffic()
  const call = fc.record(
    {
      at: fc.integer({ min: 1_800_000_000_000, max: 1_800_000_600_000 }),
      verdict: fc.constantFrom('allow', 'review', 'redact', 'block', 'error'),
      latencyMs: fc.double({ min: 0, max: 100_000, noNaN: true }),
      tokens: fc.option(fc.record({ input: fc.nat(1000), output: fc.nat(1000) }, { noNullPrototype: true })),
      cost: fc.option(
        fc.record(
          {
            micros: fc.nat(100_000),
            currency: fc.constantFrom('USD', 'EUR'),
            trust: fc.constantFrom('actual', 'estimated', 'unknown'),
          },
          { noNullPrototype: true },
        ),
      ),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(fc.array(call, { maxLength: 20 }), { maxLength: 5 }), batches => {
      for (const batch of batches)
        bench.ingest(
          CALLS,
          batch.map(part => recorded(callRecord(part as Partial<CallRecord>))),
        )
      const minutes = bench.db
        .prepare(
          `SELECT minute, allow, review, redact, block, error, tokens_in, tokens_out, tokens_unknown FROM traffic_minute ORDER BY 1`,
        )
        .all()
      const recount = bench.db
        .prepare(
          `SELECT at / 60000 * 60000 AS minute, sum(verdict = 'allow') AS allow, sum(verdict = 'review') AS review,
             sum(verdict = 'redact') AS redact, sum(verdict = 'block') AS block, sum(verdict = 'error') AS error,
             coalesce(sum(tokens_in), 0) AS tokens_in, coalesce(sum(tokens_out), 0) AS tokens_out,
             sum(tokens_in IS NULL) AS tokens_unknown FROM traffic_call GROUP BY 1 ORDER BY 1`,
        )
        .all()
      assert.deepEqual(minutes, recount)
      const costs = bench.db
        .prepare(
          'SELECT currency, trust, sum(micros) AS m, sum(calls) AS n FROM traffic_minute_cost GROUP BY 1, 2 ORDER BY 1, 2',
        )
        .all()
      const costRecount = bench.db
        .prepare(
          `SELECT cost_currency AS currency, cost_trust AS trust, sum(cost_micros) AS m, count(*) AS n FROM traffic_call
           WHERE cost_currency IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`,
        )
        .all()
      assert.deepEqual(costs, costRecount)
      assert.equal(
        bench.db.prepare('SELECT coalesce(sum(calls), 0) FROM traffic_minute_latency').pluck().get(),
        bench.db.prepare('SELECT count(*) FROM traffic_call').pluck().get(),
      )
    }),
    { numRuns: 40 },
  )
})

test('redacted texts are stored as they came, with findings placed in them', async () => {
  const { bench, take } = await startTraffic()
  const call = callRecord({
    findings: [finding({ start: 4, end: 44, category: 'secret', rule: 'secret.x' }), finding({ start: 45, end: 50 })],
    texts: [callText('key [secret] hello', { removed: [{ start: 4, end: 12, label: 'secret' }] })],
  })
  take(call)
  const detail = (await bench.call('GET', `/${call.id}`)).body
  assert.equal(detail.textState, 'stored')
  assert.deepEqual(detail.texts[0].marks, [
    { start: 4, end: 12, finding: 0 },
    { start: 13, end: 18, finding: 1 },
  ])
})

test('texts are shown to those only who may read them', async () => {
  const { bench, take } = await startTraffic()
  const call = callRecord({ texts: [callText('plain words')] })
  take(call)
  const actor = actorWith('traffic.read')
  const detail = (await bench.call('GET', `/${call.id}`, { actor })).body
  assert.deepEqual([detail.texts, detail.textState], [null, 'denied'])
  assert.equal((await bench.call('GET', '', { actor, query: { q: 'words' } })).body.items.length, 0)
  assert.equal((await bench.call('GET', '', { query: { q: 'words' } })).body.items.length, 1)
})

test('forensic texts are sealed at rest and cannot be found by search', async () => {
  const { bench, take } = await startTraffic()
  await bench.call('PUT', '/settings', { body: { textMode: 'forensic', days: 30 } })
  const words = `marker ${randomBytes(8).toString('hex')}`
  const call = callRecord({ texts: [callText(words), callText(words, { unit: 1 })] })
  take(call)
  assert.equal(JSON.stringify(bench.db.prepare('SELECT * FROM traffic_text').all()).includes('marker'), false)
  assert.equal((await bench.call('GET', `/${call.id}`)).body.texts[1].text, words)
  assert.equal((await bench.call('GET', '', { query: { q: 'marker' } })).body.items.length, 0)

  bench.db.prepare('UPDATE traffic_text SET text = (SELECT text FROM traffic_text WHERE n = 0) WHERE n = 1').run()
  const moved = (await bench.call('GET', `/${call.id}`)).body
  assert.deepEqual([moved.texts, moved.textState], [null, 'unreadable'])
})

test('around a change of mode texts are kept as strictly as either mode asks', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
  const { bench, take } = await startTraffic()
  const stored = () => bench.db.prepare('SELECT sealed FROM traffic_text ORDER BY call_id').pluck().all()
  const set = (textMode: string) => bench.call('PUT', '/settings', { body: { textMode, days: 30 } })
  await set('forensic')
  t.mock.timers.tick(120_000)
  await set('redacted')
  take(callRecord({ texts: [callText('recorded before the gateway knew')], at: Date.now() + 1000 }))
  take(callRecord({ texts: [callText('recorded long after')], at: Date.now() + 61_000 }))
  assert.deepEqual(stored(), [1, 0])
  await set('metadata')
  take(callRecord({ texts: [callText('no longer wanted')] }))
  assert.equal(stored().length, 2)
})

test('settings are told to the gateway, which records metadata only before it knows them', async () => {
  const { bench } = await startTraffic()
  const plane = await gatewayBench('traffic', gateway)
  assert.equal(plane.service(RECORDING).textMode(), 'metadata')
  plane.snapshot(RECORDING_SETTINGS, bench.published(RECORDING_SETTINGS))
  assert.equal(plane.service(RECORDING).textMode(), 'redacted')
  const changed = await bench.call('PUT', '/settings', { body: { textMode: 'metadata', days: 7 }, ifMatch: '1' })
  assert.deepEqual([changed.body.version, changed.headers['etag']], [2, '"2"'])
  plane.snapshot(RECORDING_SETTINGS, bench.published(RECORDING_SETTINGS))
  assert.equal(plane.service(RECORDING).textMode(), 'metadata')
  await assert.rejects(bench.call('PUT', '/settings', { body: { textMode: 'redacted', days: 7 }, ifMatch: '1' }), {
    code: 'API_PRECONDITION',
  })
  await assert.rejects(bench.call('PUT', '/settings', { body: { textMode: 'all', days: 7 } }), { code: 'API_INVALID' })
  await assert.rejects(bench.call('PUT', '/settings', { body: { textMode: 'metadata', days: 0 } }), {
    code: 'API_INVALID',
  })
})
