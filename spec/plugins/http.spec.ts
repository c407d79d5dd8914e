/** The routes of rbac, providers and traffic behind the real HTTP server: schemas, permissions, credentials, sessions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS, CALLS, type RouteSpec } from '../../kernel/contract/index.ts'
import { createHub } from '../../kernel/events/hub.ts'
import { createHttp } from '../../kernel/http/server.ts'
import type { Kernel, Snapshot } from '../../kernel/ports.ts'
import providersMigration from '../../plugins/providers/migrations/0001-providers.ts'
import routeMigration from '../../plugins/providers/migrations/0002-route.ts'
import providersServer from '../../plugins/providers/server.ts'
import rbacMigration from '../../plugins/rbac/migrations/0001-keys-and-sessions.ts'
import rbacServer from '../../plugins/rbac/server.ts'
import trafficMigration from '../../plugins/traffic/migrations/0001-calls.ts'
import trafficServer from '../../plugins/traffic/server.ts'
import { quiet, SPEC_RUN, serveBench } from '../fixtures/plugin-host.ts'
import { callRecord, callText, finding, recorded } from './traffic/start.ts'

const PLENTY = { burst: 100_000, perSecond: 100_000 }

async function startHttp() {
  const rbac = await serveBench('rbac', rbacServer, [rbacMigration])
  const providers = await serveBench('providers', providersServer, [providersMigration, routeMigration])
  const traffic = await serveBench('traffic', trafficServer, [trafficMigration])
  const access = rbac.service(ACCESS)
  const http = createHttp({
    kernel: () => kernel,
    access: () => access,
    uiHost: () => undefined,
    log: quiet,
    run: { ...SPEC_RUN, dashboardPort: 5001, modelPort: 4001 },
    health: () => ({ status: 'ok', version: '0', plane: 'dashboard', uptimeMs: 1 }),
    ready: () => ({ ready: true }),
    checkReplies: true,
    rates: { read: PLENTY, write: PLENTY, expensive: PLENTY, failed: PLENTY },
  })
  const compile = (plugin: string, specs: readonly RouteSpec[]) =>
    http.compileRoutes({ plugin, generation: 1, log: quiet, signal: new AbortController().signal }, specs)
  const routes = new Map([
    ['rbac', compile('rbac', rbac.routes)],
    ['providers', compile('providers', providers.routes)],
    ['traffic', compile('traffic', traffic.routes)],
  ])
  const snapshot: Snapshot = { id: 1, generations: [], routes, services: new Map(), points: new Map(), ui: [] }
  const kernel = {
    snapshot: () => snapshot,
    pin: () => ({ snapshot, release() {} }),
    status: () => [],
    events: createHub({ log: quiet, declared: () => [] } as never),
  } as unknown as Kernel
  const first = access.takeFirstKeys()
  assert.ok(first)
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    http.inject({
      method,
      path: `/api/v1/${path}`,
      ...(body === undefined ? {} : { body }),
      headers: { authorization: `Bearer ${first.apiKey}`, ...headers },
    })
  return { rbac, providers, traffic, access, http, routes, ask, first }
}

test('every probe answers, and every declared route compiles', async () => {
  const { routes } = await startHttp()
  for (const compiled of routes.values()) {
    await compiled.probe()
    assert.ok(compiled.specs.length > 4)
  }
})

test('a link session works by cookie, sees itself and ends with sign-out', async () => {
  const { access, ask } = await startHttp()
  const cookie = (access.redeemLink(access.openLink().token)?.setCookie ?? '').split(';')[0] ?? ''
  const same = { authorization: '', cookie, origin: 'http://127.0.0.1:5001', 'sec-fetch-site': 'same-origin' }
  const sessions = (await ask('GET', 'rbac/sessions', undefined, same)).json().items
  assert.deepEqual([sessions.length, sessions[0].current], [1, true])
  assert.equal((await ask('GET', 'rbac/keys', undefined, { cookie })).status, 400, 'cookie and key together')
  const out = await ask('POST', 'rbac/logout', undefined, same)
  assert.equal(out.status, 204)
  assert.match(String(out.headers['set-cookie']), /Max-Age=0/)
  assert.match(String(out.headers['clear-site-data']), /cookies/)
  assert.equal((await ask('GET', 'rbac/sessions', undefined, same)).status, 401)
})

test('lists, detail, chart, summary and settings of Traffic keep to their schemas', async () => {
  const { traffic, ask } = await startHttp()
  const calls = [
    callRecord({
      verdict: 'block',
      action: 'refused',
      tokens: null,
      cost: null,
      key: null,
      provider: null,
      route: null,
    }),
    callRecord({ findings: [finding()], texts: [callText('some words', { tool: 'x' })] }),
    callRecord(),
  ]
  traffic.ingest(CALLS, calls.map(recorded))
  const list = await ask('GET', 'traffic?limit=2')
  assert.equal(list.json().items.length, 2)
  const link = /<([^>]+)>; rel="next"/.exec(String(list.headers['link']))?.[1] ?? ''
  const rest = await ask('GET', link.replace('/api/v1/', ''))
  assert.equal(rest.json().items.length, 1)
  for (const call of calls) assert.equal((await ask('GET', `traffic/${call.id}`)).json().id, call.id)
  assert.equal((await ask('GET', 'traffic/chart?range=1h')).json().points.length, 60)
  assert.equal((await ask('GET', 'traffic/summary')).json().calls, 3)
  const settings = await ask('GET', 'traffic/settings')
  const changed = await ask(
    'PUT',
    'traffic/settings',
    { textMode: 'metadata', days: 7 },
    { 'if-match': String(settings.headers['etag']) },
  )
  assert.equal(changed.json().version, 2)
  const stale = await ask(
    'PUT',
    'traffic/settings',
    { textMode: 'metadata', days: 8 },
    { 'if-match': String(settings.headers['etag']) },
  )
  assert.equal(stale.status, 412)
})

test('wrong input is a 400 that names the field', async () => {
  const { ask } = await startHttp()
  const cases: [string, string, unknown, string][] = [
    ['GET', 'traffic?q=color:red', undefined, '/q'],
    ['GET', 'traffic?after=nonsense', undefined, '/after'],
    ['POST', 'rbac/keys', { name: 'x', kind: 'api', permissions: ['a.b'], admin: true }, '/admin'],
    ['POST', 'providers', { id: 'x', baseUrl: 'http://169.254.169.254/v1' }, '/baseUrl'],
    [
      'POST',
      'providers',
      {
        id: 'x',
        baseUrl: 'https://a.example',
        prices: { m: { input: -1, output: 0, currency: 'USD', trust: 'estimated' } },
      },
      '/prices/m/input',
    ],
    ['PUT', 'traffic/settings', { textMode: 'metadata', days: 0 }, '/days'],
  ]
  for (const [method, path, body, pointer] of cases) {
    const answer = await ask(method, path, body)
    assert.equal(answer.status, 400, `${path} ${answer.text}`)
    const pointers = answer.json().errors.map((error: { pointer: string }) => error.pointer)
    assert.ok(pointers.includes(pointer), `${path}: ${pointers}`)
  }
  for (const limit of ['0', '201', 'x']) assert.equal((await ask('GET', `traffic?limit=${limit}`)).status, 400)
})

test('a provider is made, changed, listed and removed over HTTP without its key ever coming back', async () => {
  const { ask } = await startHttp()
  const key = `spec-${'k'.repeat(8)}${Date.now()}${'z'.repeat(8)}`
  const made = await ask('POST', 'providers', { id: 'up', baseUrl: 'https://a.example/v1', key, models: ['m'] })
  assert.equal(made.status, 201)
  assert.equal(made.headers['location'], '/api/v1/providers/up')
  const changed = await ask('PATCH', 'providers/up', { enabled: false }, { 'if-match': `"${made.json().version}"` })
  assert.deepEqual([changed.json().enabled, changed.json().serves], [false, false])
  const list = await ask('GET', 'providers')
  for (const text of [made.text, changed.text, list.text]) assert.equal(text.includes(key), false)
  assert.equal((await ask('DELETE', 'providers/up')).status, 204)
  assert.equal((await ask('DELETE', 'providers/up')).status, 404)
})
