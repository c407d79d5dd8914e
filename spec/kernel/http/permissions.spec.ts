import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { defineRoute, type RouteSpec } from '../../../kernel/contract/index.ts'
import { kernelRoutes } from '../../../kernel/http/kernel-routes/index.ts'
import { bearer, createRig } from './rig.ts'

let stored: { version: string; value: unknown; etag: string } | null = null
const store = {
  readConfig: () => stored,
  writeConfig(_plugin: string, version: string, value: unknown) {
    stored = { version, value, etag: JSON.stringify(value).length.toString() }
    return stored.etag
  },
}
const demo: RouteSpec[] = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map(method =>
  defineRoute({
    method,
    path: '/thing',
    summary: 'A thing.',
    permission: `demo.${method.toLowerCase()}`,
    ...(method === 'GET' ? {} : { audit: 'demo.thing' }),
    reply: Type.Object({ ok: Type.Boolean() }),
    handle: () => ({ ok: true }),
  }),
)
const rig = createRig({
  configSchema: { type: 'object', required: ['size'] },
  store: () => store as never,
  specs: demo,
})

const own = kernelRoutes({} as never).map(spec => ({ plugin: 'kernel', spec }))
const routes = [...own, ...demo.map(spec => ({ plugin: 'demo', spec }))]

for (const { plugin, spec } of routes.filter(({ spec }) => spec.permission !== undefined)) {
  const path = `/api/v1/${plugin}${spec.path.replace(':id', 'demo')}`
  const call = async (headers: Record<string, string>) => {
    const body = spec.body === undefined ? undefined : { value: { size: 1 } }
    const match: Record<string, string> =
      spec.method === 'PUT' && plugin === 'kernel' ? { 'if-match': `"${stored?.etag ?? 'unset'}"` } : {}
    return rig.http.inject({ method: spec.method, path, body, headers: { ...headers, ...match } })
  }
  test(`${spec.method} ${path} asks for ${spec.permission}`, async () => {
    const none = await call({})
    assert.deepEqual([none.status, none.json().code], [401, 'API_NO_CREDENTIAL'])
    const wrong = await call(bearer('wrong'))
    assert.deepEqual([wrong.status, wrong.json().code], [401, 'API_CREDENTIAL_INVALID'])
    const lacking = await call(bearer(rig.key('something.else')))
    assert.deepEqual([lacking.status, lacking.json().code], [403, 'API_FORBIDDEN'])
    assert.ok(lacking.json().detail.includes(spec.permission))
    const holder = await call(bearer(rig.key(spec.permission as string)))
    assert.equal(holder.status, 200, holder.text)
    assert.equal((await call(bearer(rig.key('*')))).status, 200)
    assert.equal((await call({ 'x-api-key': rig.key(spec.permission as string) })).status, 200)
  })
}

test('whoever is not let in cannot tell what exists', async () => {
  for (const path of ['/api/v1/absent', '/api/v1/demo/absent', '/api/v1/kernel', '/api/v1/openapi.json']) {
    assert.equal((await rig.http.inject({ path })).status, 401, path)
  }
  assert.equal((await rig.http.inject({ path: '/api/v1/demo/thing', method: 'HEAD' })).status, 401)
})

test('anyone with a credential learns who they are, and nobody else', async () => {
  const me = await rig.http.inject({ path: '/api/v1/kernel/me', headers: bearer(rig.key('b.x', 'a.x')) })
  const { name, kind, permissions, rbac } = me.json()
  assert.deepEqual([name, kind, permissions, rbac], ['a key', 'key', ['a.x', 'b.x'], 'off'])
  assert.equal((await rig.http.inject({ path: '/api/v1/kernel/me' })).status, 401)
  assert.equal((await rig.http.inject({ path: '/api/v1/kernel/me', headers: bearer('wrong') })).status, 401)
})

test('without the access plugin only health answers, and the reason is told', async () => {
  const alone = createRig()
  alone.accessIs(false)
  const refused = await alone.http.inject({ path: '/api/v1/kernel/plugins', headers: bearer(alone.key('*')) })
  assert.equal(refused.status, 503)
  assert.match(refused.json().detail, /rbac/)
  assert.equal((await alone.http.inject({ path: '/api/v1/kernel/me' })).status, 503)
  assert.equal((await alone.http.inject({ path: '/api/v1/events' })).status, 503)
  assert.equal((await alone.http.inject({ path: '/api/health' })).status, 200)
  assert.equal((await alone.http.inject({ path: '/api/ready' })).status, 200)
})

test('a configuration is replaced only by whoever read the current one, and a refused value is not kept', async () => {
  stored = null
  const admin = bearer(rig.key('kernel.config'))
  const path = '/api/v1/kernel/plugins/demo/config'
  const first = await rig.http.inject({ path, headers: admin })
  assert.deepEqual([first.json().value, first.headers.etag], [{}, '"unset"'])
  const put = (value: unknown, headers: Record<string, string>) =>
    rig.http.inject({ method: 'PUT', path, body: { value }, headers: { ...admin, ...headers } })
  assert.equal((await put({ size: 1 }, {})).status, 412)
  assert.equal((await put({ size: 1 }, { 'if-match': '"older"' })).status, 412)
  const invalid = await put({}, { 'if-match': '"unset"' })
  assert.deepEqual([invalid.status, invalid.json().code], [400, 'API_INVALID'])
  assert.equal(stored, null)
  const before = rig.reloads.length
  const done = await put({ size: 22 }, { 'if-match': '"unset"' })
  assert.deepEqual([done.status, done.json().value], [200, { size: 22 }])
  assert.deepEqual(rig.reloads.slice(before), [{ plugin: 'demo', by: 'a key' }])
  assert.equal((await put({ size: 3 }, { 'if-match': '"unset"' })).status, 412)
  const unknown = await rig.http.inject({ path: '/api/v1/kernel/plugins/absent/config', headers: admin })
  assert.deepEqual([unknown.status, unknown.json().code], [404, 'PLG_UNKNOWN'])
})
