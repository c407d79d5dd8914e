import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROVIDER_TABLE } from '../../../plugins/providers/contract.ts'
import { json, startUpstream } from '../../fixtures/upstream.ts'
import { randomKey, startProviders } from './start.ts'

const openai = { id: 'openai', baseUrl: 'https://api.example.com/v1/' }

test('a key is sealed at once: it stands in no answer, no row and no snapshot', async () => {
  const { bench, router } = await startProviders()
  const key = randomKey()
  const made = await bench.call('POST', '', { body: { ...openai, key } })
  assert.equal(made.status, 201)
  assert.equal(made.body.keyLast4, key.slice(-4))
  const everything = JSON.stringify([
    made.body,
    (await bench.call('GET', '')).body,
    bench.db.prepare('SELECT * FROM providers_provider').all(),
    bench.published(PROVIDER_TABLE),
  ])
  assert.equal(everything.includes(key), false)
  assert.equal(everything.includes(key.slice(0, 12)), false)
  assert.equal((await router()).resolve('openai/gpt')?.headers['authorization'], `Bearer ${key}`)
})

test('a sealed key does not open under another provider', async () => {
  const { bench, router } = await startProviders()
  await bench.call('POST', '', { body: { ...openai, key: randomKey() } })
  await bench.call('POST', '', { body: { id: 'other', baseUrl: 'https://b.example.com', key: randomKey() } })
  const stolen = bench.db.prepare("SELECT key FROM providers_provider WHERE id = 'openai'").pluck().get()
  bench.db.prepare("UPDATE providers_provider SET key = ? WHERE id = 'other'").run(stolen)
  await bench.call('PATCH', '/other', { body: { title: 'moved' } })
  const routes = await router()
  assert.throws(() => routes.resolve('other/m'), { code: 'GW_INTERNAL', detail: /enter it again/ })
  assert.ok(routes.resolve('openai/m'), 'the others go on')
})

test('changing keeps what is left out, and drops the key when the address moves elsewhere', async () => {
  const { bench, router } = await startProviders()
  const key = randomKey()
  await bench.call('POST', '', { body: { ...openai, key, models: ['a'] } })
  const renamed = await bench.call('PATCH', '/openai', { body: { title: 'Main' } })
  assert.deepEqual([renamed.body.title, renamed.body.models, renamed.body.keyLast4], ['Main', ['a'], key.slice(-4)])
  const samePlace = await bench.call('PATCH', '/openai', { body: { baseUrl: 'https://api.example.com/v2' } })
  assert.equal(samePlace.body.keyLast4, key.slice(-4))
  const moved = await bench.call('PATCH', '/openai', { body: { baseUrl: 'https://elsewhere.example.com/v1' } })
  assert.equal(moved.body.keyLast4, null)
  assert.equal((await router()).resolve('openai/a')?.headers['authorization'], undefined)
})

test('a change on an old version is refused', async () => {
  const { bench } = await startProviders()
  await bench.call('POST', '', { body: openai })
  await bench.call('PATCH', '/openai', { body: { title: 'one' }, ifMatch: '1' })
  await assert.rejects(bench.call('PATCH', '/openai', { body: { title: 'two' }, ifMatch: '1' }), {
    code: 'API_PRECONDITION',
  })
  assert.equal((await bench.call('PATCH', '/openai', { body: { title: 'three' }, ifMatch: '2' })).body.version, 3)
})

test('names are unique and those of the product are taken', async () => {
  const { bench } = await startProviders({
    run: { upstreams: [{ id: 'bar', url: 'http://127.0.0.1:9/v1', dialect: 'openai' }] },
  })
  await bench.call('POST', '', { body: openai })
  for (const id of ['openai', 'clawnex', 'litellm', 'bar']) {
    await assert.rejects(bench.call('POST', '', { body: { ...openai, id } }), { code: 'API_CONFLICT' }, id)
  }
  await assert.rejects(bench.call('POST', '', { body: { ...openai, id: 'a/b' } }), { code: 'API_INVALID' })
  await assert.rejects(bench.call('DELETE', '/nope'), { code: 'API_NOT_FOUND' })
  await bench.call('DELETE', '/openai')
  assert.equal((await bench.call('POST', '', { body: openai })).status, 201)
})

test('a provider of this run is listed as such, resolves, and is stored nowhere', async () => {
  const { bench, router } = await startProviders({
    run: { upstreams: [{ id: 'bar', url: 'http://127.0.0.1:9/v1', dialect: 'openai' }] },
  })
  const { items } = (await bench.call('GET', '')).body
  assert.deepEqual(
    items.map((item: { id: string; source: string }) => [item.id, item.source]),
    [
      ['bar', 'run'],
      ['clawnex', 'builtin'],
    ],
  )
  const target = (await router()).resolve('bar/some/model')
  assert.deepEqual([target?.provider, target?.model, target?.baseUrl], ['bar', 'some/model', 'http://127.0.0.1:9/v1'])
  assert.equal(bench.db.prepare('SELECT count(*) FROM providers_provider').pluck().get(), 0)
})

test('a provider of the Anthropic dialect serves, and is tested at its versioned address with its own header', async t => {
  const upstream = await startUpstream(json({ data: [{ type: 'model', id: 'claude-1' }], has_more: false }))
  t.after(() => upstream.close())
  const { bench } = await startProviders()
  const key = randomKey()
  for (const [id, baseUrl] of [
    ['bare', upstream.url.replace('/v1', '')],
    ['full', upstream.url],
  ]) {
    const made = await bench.call('POST', '', { body: { id, baseUrl, dialect: 'anthropic', key } })
    assert.equal(made.body.serves, true)
    const { ok, models } = (await bench.call('POST', `/${id}/test`)).body
    assert.deepEqual([ok, models], [true, ['claude-1']])
    const received = upstream.received.at(-1)
    assert.deepEqual([received?.path, received?.headers['x-api-key']], ['/v1/models', key])
  }
})

test('the test asks for models with the key and tells what came back', async t => {
  const upstream = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ object: 'list', data: [{ id: 'm-1' }, { id: 'm-2' }, { id: 7 }, null] }))
  })
  t.after(() => upstream.close())
  const { bench } = await startProviders()
  const key = randomKey()
  await bench.call('POST', '', { body: { id: 'local', baseUrl: upstream.url, key } })
  const ask = async () => (await bench.call('POST', '/local/test')).body
  const good = await ask()
  assert.deepEqual([good.ok, good.status, good.models, good.problem], [true, 200, ['m-1', 'm-2'], null])
  assert.equal(upstream.received[0]?.headers.authorization, `Bearer ${key}`)
  assert.equal(upstream.received[0]?.path, '/v1/models')

  const answers: [number, string, Record<string, string>, RegExp][] = [
    [401, '{}', {}, /refused the key/],
    [404, '', {}, /often ends in \/v1/],
    [302, '', { location: 'http://127.0.0.1:1/' }, /not followed/],
    [200, 'hello', {}, /not with a list/],
    [200, JSON.stringify({ data: 'x'.repeat(2_000_000) }), {}, /not with a list/],
    [500, 'x', {}, /HTTP 500/],
  ]
  for (const [status, body, headers, problem] of answers) {
    upstream.script((_request, response) => void response.writeHead(status, headers).end(body))
    const answer = await ask()
    assert.equal(answer.ok, false)
    assert.match(answer.problem, problem)
  }
  await upstream.close()
  assert.match((await ask()).problem, /Nothing answers/)
})
