import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatQuery } from '../../../kernel/contract/index.ts'
import { compileQuery, FIELD_NAMES } from '../../../plugins/traffic/query/compile.ts'
import { readCursor, writeCursor } from '../../../plugins/traffic/query/cursor.ts'
import { callRecord, finding, startTraffic } from './start.ts'

const NOW = 1_800_000_000_000
const options = { now: NOW, texts: true }

test('each field finds what it names', async () => {
  const { bench, take } = await startTraffic()
  const hour = 3_600_000
  const a = callRecord({
    at: Date.now() - hour,
    verdict: 'block',
    action: 'refused',
    status: 400,
    error: 'GW_BLOCKED',
    score: 91,
    tokens: null,
    findings: [finding({ severity: 'critical' })],
  })
  const b = callRecord({
    at: Date.now() - 48 * hour,
    model: 'openai/gpt-5',
    provider: 'openai',
    route: 'direct',
    dialect: 'anthropic',
    path: '/v1/messages/count_tokens',
  })
  const c = callRecord({ stream: true, key: null, provider: null, unscannedBytes: 7, latencyMs: 900 })
  take(a, b, c)
  const names = new Map([
    [a.id, 'a'],
    [b.id, 'b'],
    [c.id, 'c'],
  ])
  const found = async (q: string) => {
    const { items } = (await bench.call('GET', '', { query: { q } })).body
    return items
      .map((item: { id: string }) => names.get(item.id))
      .sort()
      .join('')
  }
  const table: [string, string][] = [
    ['', 'abc'],
    ['verdict:block', 'a'],
    ['-verdict:block', 'bc'],
    ['action:refused', 'a'],
    ['model:openai/gpt-5', 'b'],
    ['model:openai/*', 'b'],
    ['model:OPENAI/GPT-5', 'b'],
    ['model:openai', ''],
    ['provider:openai', 'b'],
    ['-provider:openai', 'ac'],
    ['route:direct', 'b'],
    ['dialect:anthropic', 'b'],
    ['path:/v1/messages*', 'b'],
    ['key:"first model key*"', 'ab'],
    ['key:key_1', 'ab'],
    ['key:"first model key"', 'ab'],
    ['-key:"first model key"', 'c'],
    ['key:"first model key …abcd"', 'ab'],
    ['key:"first model"', ''],
    ['rule:injection.*', 'a'],
    ['category:injection', 'a'],
    ['severity:>=high', 'a'],
    ['severity:none', 'bc'],
    ['status:>=400', 'a'],
    ['status:200', 'bc'],
    ['score:>90', 'a'],
    ['latency:>=900', 'c'],
    ['tokens:15', 'bc'],
    ['unscanned:>0', 'c'],
    ['stream:true', 'c'],
    ['error:GW_*', 'a'],
    ['since:24h', 'ac'],
    ['until:24h', 'b'],
    ['since:72h until:30m', 'ab'],
    [`since:${Date.now() - 2 * hour}`, 'ac'],
    ['since:2020-01-01', 'abc'],
    ['until:2020-01-01T00:00Z', ''],
    ['gpt', 'b'],
    ['"drop its"', 'a'],
    ['-gpt', 'ac'],
    ['100%', ''],
    ['_', 'a'],
    ['verdict:allow stream:false', 'b'],
    ['id:01CALL*', 'abc'],
  ]
  for (const [query, expected] of table) assert.equal(await found(query), expected, query)
})

test('unknown fields and values that do not fit are refused with a pointer', () => {
  const bad = [
    'color:red',
    'verdict:maybe',
    'severity:>=terrible',
    'status:many',
    'stream:perhaps',
    'since:yesterday',
    'since:>24h',
    '-since:24h',
    'model:>x',
    'constructor:x',
    'toString:x',
    `model:${'x'.repeat(3000)}`,
    'a '.repeat(50),
  ]
  for (const query of bad) {
    assert.throws(
      () => compileQuery(query, options),
      (error: { code?: string; errors?: { pointer: string }[] }) =>
        error.code === 'API_INVALID' && error.errors?.[0]?.pointer === '/q',
      query,
    )
  }
})

test('no text of a query ever becomes SQL, and only the catalogued error is thrown', async () => {
  const { bench, take } = await startTraffic()
  take(callRecord())
  const field = fc.oneof(fc.constantFrom(...FIELD_NAMES), fc.constant(''), fc.string({ maxLength: 8 }))
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom("'", '"', "' OR 1=1 --", '; DROP TABLE traffic_call', '?', '24h', 'block', '%'),
  )
  const term = fc.record(
    { field, op: fc.constantFrom('=', '>', '>=', '<', '<='), value, negated: fc.boolean() },
    { noNullPrototype: true },
  )
  const query = fc.oneof(
    fc.string(),
    fc.array(term, { maxLength: 5 }).map(terms => formatQuery(terms as never)),
  )
  await fc.assert(
    fc.asyncProperty(query, async q => {
      try {
        const condition = compileQuery(q, options)
        // Placeholders and parameters agree, and the only literals are those of the compiler itself.
        assert.equal((condition.where.match(/\?/g) ?? []).length, condition.params.length)
        assert.match(condition.where, /^(?:[\w\s().,=<>?+]|'\\')*$/)
        await bench.call('GET', '', { query: { q } })
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'API_INVALID')
      }
    }),
    { numRuns: 300 },
  )
  assert.equal(bench.db.prepare('SELECT count(*) FROM traffic_call').pluck().get(), 1)
})

test('a cursor reads back what was written, and nothing else reads as one', () => {
  fc.assert(
    fc.property(fc.nat(), fc.string({ maxLength: 40, unit: 'grapheme-ascii' }), (at, id) => {
      assert.deepEqual(readCursor(writeCursor({ at, id })), { at, id })
    }),
  )
  for (const text of [
    '',
    'x',
    '!!!',
    Buffer.from('1').toString('base64url'),
    Buffer.from('-1.a').toString('base64url'),
  ]) {
    assert.throws(() => readCursor(text), { code: 'API_INVALID' })
  }
})

test('paging shows each call that was there at the start exactly once, whatever arrives meanwhile', async () => {
  const arrival = fc.record({ at: fc.integer({ min: 0, max: 50 }), block: fc.boolean() }, { noNullPrototype: true })
  await fc.assert(
    fc.asyncProperty(
      fc.array(arrival, { minLength: 1, maxLength: 30 }),
      fc.array(arrival, { maxLength: 10 }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (before, during, limit, filtered) => {
        const { bench, take } = await startTraffic()
        const toCall = ({ at, block }: { at: number; block: boolean }) =>
          callRecord({ at: NOW + at, verdict: block ? 'block' : 'allow' })
        const calls = before.map(toCall)
        take(...calls)
        const expected = calls.filter(call => !filtered || call.verdict === 'block').map(call => call.id)
        const seen: { at: number; id: string }[] = []
        const late = [...during]
        let after: string | undefined
        do {
          const query = {
            limit: String(limit),
            ...(filtered ? { q: 'verdict:block' } : {}),
            ...(after ? { after } : {}),
          }
          const { body, headers } = await bench.call('GET', '', { query })
          assert.equal(headers['link'] === undefined, body.next === null)
          seen.push(...body.items)
          after = body.next ?? undefined
          const next = late.pop()
          if (next) take(toCall(next))
        } while (after !== undefined)
        const ids = seen.map(item => item.id)
        assert.equal(new Set(ids).size, ids.length, 'no call twice')
        assert.deepEqual(
          expected.filter(id => !ids.includes(id)),
          [],
          'no call missed',
        )
        const sorted = [...seen].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
        assert.deepEqual(
          ids,
          sorted.map(item => item.id),
          'newest first',
        )
      },
    ),
    { numRuns: 40 },
  )
})

test('a rare match is found beyond the first windows', async () => {
  const { bench, take } = await startTraffic()
  const rare = callRecord({ at: NOW, model: 'rare/one' })
  take(rare, ...Array.from({ length: 4500 }, (_, i) => callRecord({ at: NOW + 1 + i })))
  const { items, next } = (await bench.call('GET', '', { query: { q: 'model:rare/*' } })).body
  assert.deepEqual([items.length, items[0].id, next], [1, rare.id, null])
  const bounded = (await bench.call('GET', '', { query: { q: `model:rare/* since:${NOW + 1}` } })).body
  assert.deepEqual([bounded.items.length, bounded.next], [0, null])
})
