/** The gateway sides of rbac, providers and traffic in the real model path, and what their dashboard sides make of its records. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import OpenAI from 'openai'
import {
  ACCESS,
  CALLS,
  type CallRecord,
  JUDGE,
  MODEL_KEYS,
  MODEL_PATH,
  RECORDING,
  ROUTER,
  tokenKey,
} from '../../kernel/contract/index.ts'
import { createGateway } from '../../kernel/gateway/index.ts'
import { PROVIDER_TABLE } from '../../plugins/providers/contract.ts'
import providersGateway from '../../plugins/providers/gateway.ts'
import providersMigration from '../../plugins/providers/migrations/0001-providers.ts'
import routeMigration from '../../plugins/providers/migrations/0002-route.ts'
import providersServer from '../../plugins/providers/server.ts'
import { INTERNAL_KEYS, KEY_TABLE } from '../../plugins/rbac/contract.ts'
import rbacGateway from '../../plugins/rbac/gateway.ts'
import rbacMigration from '../../plugins/rbac/migrations/0001-keys-and-sessions.ts'
import rbacServer from '../../plugins/rbac/server.ts'
import { RECORDING_SETTINGS } from '../../plugins/traffic/contract.ts'
import trafficGateway from '../../plugins/traffic/gateway.ts'
import trafficMigration from '../../plugins/traffic/migrations/0001-calls.ts'
import trafficServer from '../../plugins/traffic/server.ts'
import { gatewayBench, memorySecrets, quiet, serveBench } from '../fixtures/plugin-host.ts'
import { startUpstream, talk } from '../fixtures/upstream.ts'
import { BLOCK, markerJudge, SECRET } from '../kernel/gateway/model-path.ts'

async function startProduct(t: { after(fn: () => void | Promise<void>): void }) {
  const secrets = memorySecrets()
  const rbac = await serveBench('rbac', rbacServer, [rbacMigration])
  const traffic = await serveBench('traffic', trafficServer, [trafficMigration], { secrets })
  const url = { now: '' }
  const providers = await serveBench('providers', providersServer, [providersMigration, routeMigration], {
    secrets,
    services: new Map<string, unknown>([
      [tokenKey(MODEL_PATH), { url: () => url.now }],
      [tokenKey(INTERNAL_KEYS), rbac.service(INTERNAL_KEYS)],
    ]),
  })
  const planes = {
    rbac: await gatewayBench('rbac', rbacGateway),
    providers: await gatewayBench('providers', providersGateway, { secrets }),
    traffic: await gatewayBench('traffic', trafficGateway),
  }
  /** What the plane between the processes does with published values. */
  const sync = () => {
    planes.rbac.snapshot(KEY_TABLE, rbac.published(KEY_TABLE))
    planes.providers.snapshot(PROVIDER_TABLE, providers.published(PROVIDER_TABLE))
    planes.traffic.snapshot(RECORDING_SETTINGS, traffic.published(RECORDING_SETTINGS))
  }
  sync()
  const snapshot = () => ({
    id: 1,
    generations: [],
    routes: new Map(),
    services: new Map<string, unknown>([
      [tokenKey(MODEL_KEYS), planes.rbac.service(MODEL_KEYS)],
      [tokenKey(RECORDING), planes.traffic.service(RECORDING)],
    ]),
    points: new Map<string, readonly unknown[]>([
      [tokenKey(JUDGE), [markerJudge]],
      [tokenKey(ROUTER), planes.providers.contributions(ROUTER)],
    ]),
    ui: [],
  })
  let ids = 0
  const gateway = createGateway({
    kernel: () => ({ snapshot, pin: () => ({ snapshot: snapshot(), release() {} }) }),
    plane: {
      version: () => 1,
      accepting: () => true,
      nextId: () => `01SPEC${String(++ids).padStart(6, '0')}`,
      record(_key, row, id = '') {
        const call = JSON.parse(JSON.stringify(row)) as CallRecord
        for (const bench of [rbac, traffic]) bench.ingest(CALLS, [{ id, at: call.at, row: call }])
        return id
      },
    },
    log: quiet,
    run: { version: '0.0.0' },
  })
  const { port } = await gateway.listen(0)
  url.now = `http://127.0.0.1:${port}`
  t.after(() => gateway.close(0))
  const first = rbac.service(ACCESS).takeFirstKeys()
  assert.ok(first)
  const sdk = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${url.now}/v1`, maxRetries: 0 })
  return { rbac, providers, traffic, sync, first, sdk, url }
}

const hello = [{ role: 'user' as const, content: 'Say hello in five words.' }]

test('a first prompt to the demo model appears in Traffic with everything the list promises', async t => {
  const { sdk, first, traffic, rbac } = await startProduct(t)
  const client = sdk(first.modelKey)
  const answer = await client.chat.completions.create({ model: 'clawnex/demo', messages: hello })
  assert.match(answer.choices[0]?.message.content ?? '', /^demo model: /)
  let streamed = ''
  for await (const part of await client.chat.completions.create({
    model: 'clawnex/demo',
    messages: hello,
    stream: true,
  })) {
    streamed += part.choices[0]?.delta.content ?? ''
  }
  assert.equal(streamed, answer.choices[0]?.message.content)
  const { items } = (await traffic.call('GET', '')).body
  assert.deepEqual(
    items.map((item: CallRecord) => [item.verdict, item.action, item.provider, item.route, item.status, item.stream]),
    [
      ['allow', 'forwarded', 'clawnex', 'demo', 200, true],
      ['allow', 'forwarded', 'clawnex', 'demo', 200, false],
    ],
  )
  assert.equal(items[1].tokens.output, answer.usage?.completion_tokens)
  assert.deepEqual(items[1].cost, { micros: 0, currency: 'USD', trust: 'included' })
  assert.match(items[1].key.label, /^first model key …/)
  const detail = (await traffic.call('GET', `/${items[1].id}`)).body
  assert.deepEqual(
    detail.texts.map((text: { direction: string; text: string }) => [text.direction, text.text]),
    [
      ['inbound', hello[0]?.content],
      ['outbound', answer.choices[0]?.message.content],
    ],
  )
  const key = (await rbac.call('GET', '/keys')).body.items.find((one: { kind: string }) => one.kind === 'model')
  assert.ok(key.lastUsedAt > 0)
})

test('a blocked prompt and a redacted secret are told by their marks, the secret is stored nowhere', async t => {
  const { sdk, first, traffic } = await startProduct(t)
  const client = sdk(first.modelKey)
  const ask = (content: string) =>
    client.chat.completions.create({ model: 'clawnex/demo', messages: [{ role: 'user', content }] })
  await assert.rejects(ask(`please ${BLOCK} now`), OpenAI.BadRequestError)
  await ask(`a ${SECRET} within`)
  const { items } = (await traffic.call('GET', '')).body
  assert.deepEqual(
    items.map((item: CallRecord) => [item.verdict, item.action]),
    [
      ['redact', 'redacted'],
      ['block', 'refused'],
    ],
  )
  const blocked = (await traffic.call('GET', `/${items[1].id}`)).body
  const [mark] = blocked.texts[0].marks
  assert.equal(blocked.texts[0].text.slice(mark.start, mark.end), BLOCK)
  const tables = ['traffic_call', 'traffic_finding', 'traffic_text'].map(name =>
    traffic.db.prepare(`SELECT * FROM ${name}`).all(),
  )
  assert.equal(JSON.stringify(tables).includes(SECRET), false)
  const found = (await traffic.call('GET', '', { query: { q: 'verdict:block rule:injection.*' } })).body.items
  assert.deepEqual([found.length, found[0].id], [1, items[1].id])
})

test('a stored provider is called with its own key, the caller never sees it', async t => {
  const { sdk, first, providers, traffic, sync } = await startProduct(t)
  const upstream = await startUpstream(talk('Good morning.'))
  t.after(() => upstream.close())
  const secret = `spec-${randomBytes(16).toString('hex')}`
  const prices = { '*': { input: 2_000_000, output: 8_000_000, currency: 'USD', trust: 'estimated' } }
  await providers.call('POST', '', { body: { id: 'up', baseUrl: upstream.url, key: secret, models: ['m-1'], prices } })
  sync()
  const client = sdk(first.modelKey)
  assert.deepEqual(
    (await client.models.list()).data.map(model => model.id),
    ['up/m-1', 'clawnex/demo'],
  )
  await client.chat.completions.create({ model: 'up/m-1', messages: hello })
  await client.chat.completions.create({ model: 'm-1', messages: hello })
  assert.equal(upstream.received.length, 2)
  for (const call of upstream.received) {
    assert.equal(call.headers.authorization, `Bearer ${secret}`)
    assert.equal(call.json()['model'], 'm-1')
  }
  const { items } = (await traffic.call('GET', '', { query: { q: 'provider:up' } })).body
  assert.equal(items.length, 2)
  const { tokens, cost } = items[0]
  assert.deepEqual(cost, { micros: tokens.input * 2 + tokens.output * 8, currency: 'USD', trust: 'estimated' })
})

test('keys work where they belong, until they are revoked', async t => {
  const { sdk, first, rbac, sync } = await startProduct(t)
  const ask = (key: string) => sdk(key).chat.completions.create({ model: 'clawnex/demo', messages: hello })
  await assert.rejects(ask(first.apiKey), OpenAI.AuthenticationError)
  const made = (await rbac.call('POST', '/keys', { body: { name: 'narrow', kind: 'model', models: ['openai/*'] } }))
    .body
  sync()
  await assert.rejects(ask(made.secret), OpenAI.PermissionDeniedError)
  await ask(first.modelKey)
  const { id } = (await rbac.call('GET', '/keys')).body.items.find(
    (key: { name: string }) => key.name === 'first model key',
  )
  await rbac.call('DELETE', `/keys/${id}`)
  sync()
  await assert.rejects(ask(first.modelKey), OpenAI.AuthenticationError)
})

test('the guided start goes through the same path under a key of its own', async t => {
  const { providers, traffic } = await startProduct(t)
  const outcome = (await providers.call('POST', '/demo-call', { body: { sample: 'first' } })).body
  assert.deepEqual([outcome.status, outcome.verdict, outcome.error], [200, 'allow', null])
  assert.match(outcome.answer, /^demo model: /)
  const item = (await traffic.call('GET', `/${outcome.callId}`)).body
  assert.match(item.key.label, /^guided start …/)
})
