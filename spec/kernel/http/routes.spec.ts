import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'
import {
  ApiError,
  defineRoute,
  isCatalogued,
  type PluginError,
  type RouteSpec,
  reply,
} from '../../../kernel/contract/index.ts'
import { parseJson } from '../../../kernel/http/json.ts'
import { bearer, createRig, until } from './rig.ts'

const seen: { params?: unknown; query?: unknown; body?: unknown; ifMatch?: unknown } = {}
let made = 0

const specs: RouteSpec[] = [
  defineRoute({
    method: 'GET',
    path: '/items',
    summary: 'Lists.',
    permission: 'demo.read',
    query: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, default: 5 })),
      all: Type.Optional(Type.Boolean()),
      tag: Type.Optional(Type.Array(Type.String())),
    }),
    reply: Type.Object({ ok: Type.Boolean() }),
    probe: true,
    handle({ query }) {
      seen.query = query
      return { ok: true }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/items/:id',
    summary: 'Shows.',
    permission: 'demo.read',
    params: Type.Object({ id: Type.Integer() }),
    reply: Type.Object({ id: Type.Integer() }),
    handle: ({ params }) => ({ id: params.id }),
  }),
  defineRoute({
    method: 'GET',
    path: '/items/latest',
    summary: 'Shows the latest.',
    permission: 'demo.read',
    reply: Type.Object({ latest: Type.Boolean() }),
    handle: () => ({ latest: true }),
  }),
  defineRoute({
    method: 'POST',
    path: '/items',
    summary: 'Adds.',
    permission: 'demo.write',
    audit: 'demo.item.added',
    status: 201,
    bodyLimit: 2000,
    body: Type.Intersect([
      Type.Object({ name: Type.String({ minLength: 1, maxLength: 5 }) }),
      Type.Object({
        mail: Type.Optional(Type.String({ format: 'email' })),
        deep: Type.Optional(Type.Object({ count: Type.Integer() })),
      }),
    ]),
    reply: Type.Object({ number: Type.Integer() }),
    handle({ body, ifMatch }) {
      seen.body = body
      seen.ifMatch = ifMatch
      made += 1
      return reply(201, { number: made }, { location: '/api/v1/demo/items/1' })
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/items/:id',
    summary: 'Removes.',
    permission: 'demo.write',
    audit: 'demo.item.removed',
    handle: () => undefined,
  }),
  defineRoute({
    method: 'GET',
    path: '/fail/:how',
    summary: 'Fails.',
    permission: 'demo.read',
    handle({ params }) {
      const { how } = params as { how: string }
      if (how === 'full') throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
      if (how === 'readonly') throw Object.assign(new Error('readonly database'), { code: 'SQLITE_READONLY_DBMOVED' })
      if (how === 'known') throw new ApiError('API_CONFLICT', { detail: 'It is there already.', extra: { other: 7 } })
      throw new TypeError(`secret path /home/someone/x.ts and ${how}`)
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/lies',
    summary: 'Answers what it did not promise.',
    permission: 'demo.read',
    reply: Type.Object({ ok: Type.Boolean() }),
    handle: () => ({ ok: 'yes' }) as never,
  }),
]

const rig = createRig({ specs })
const key = rig.key('demo.read', 'demo.write')
const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  rig.http.inject({ method, path: `/api/v1/demo${path}`, body, headers: { ...bearer(key), ...headers } })

test('address values get the types of the schema, defaults included', async () => {
  assert.equal((await call('GET', '/items?all=true&tag=a&tag=b')).status, 200)
  assert.deepEqual({ ...(seen.query as object) }, { all: true, tag: ['a', 'b'], limit: 5 })
  assert.deepEqual((await call('GET', '/items/7')).json(), { id: 7 })
})

test('a literal path wins over a parameter, whatever the order of declaration', async () => {
  assert.deepEqual((await call('GET', '/items/latest')).json(), { latest: true })
})

test('unknown and wrong members are refused with a pointer to each', async () => {
  const cases: readonly (readonly [method: string, path: string, body: unknown, pointer: string])[] = [
    ['GET', '/items?limit=11', undefined, '/query/limit'],
    ['GET', '/items?limit=x', undefined, '/query/limit'],
    ['GET', '/items?limit=1&limit=2', undefined, '/query/limit'],
    ['GET', '/items?role=admin', undefined, '/query/role'],
    ['GET', '/items?__proto__=x', undefined, '/query/__proto__'],
    ['GET', '/items/x', undefined, '/path/id'],
    ['GET', '/items/latest?x=1', undefined, '/query/x'],
    ['POST', '/items', {}, '/name'],
    ['POST', '/items', { name: 'toolong' }, '/name'],
    ['POST', '/items', { name: 7 }, '/name'],
    ['POST', '/items', { name: 'a', isAdmin: true }, '/isAdmin'],
    ['POST', '/items', { name: 'a', mail: 'nobody' }, '/mail'],
    ['POST', '/items', { name: 'a', deep: { count: 1, actor: 'me' } }, '/deep/actor'],
    ['POST', '/items', { name: 'a', 'x/~y': 1 }, '/x~1~0y'],
  ]
  for (const [method, path, body, pointer] of cases) {
    const answer = await call(method, path, body)
    assert.deepEqual([answer.status, answer.json().code], [400, 'API_INVALID'], `${method} ${path}`)
    const pointers = answer.json().errors.map((error: { pointer: string }) => error.pointer)
    assert.ok(pointers.includes(pointer), `${pointer} in ${JSON.stringify(pointers)}`)
  }
})

test('a valid body of an intersection passes whole', async () => {
  const answer = await call(
    'POST',
    '/items',
    { name: 'a', mail: 'a@b.example', deep: { count: 1 } },
    { 'if-match': '"v7"' },
  )
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.location, '/api/v1/demo/items/1')
  assert.deepEqual(seen.body, { name: 'a', mail: 'a@b.example', deep: { count: 1 } })
  assert.equal(seen.ifMatch, 'v7')
})

test('a route without a body takes none, except an empty object', async () => {
  assert.equal((await call('DELETE', '/items/1')).status, 204)
  assert.equal((await call('DELETE', '/items/1', {})).status, 204)
  assert.equal((await call('DELETE', '/items/1', { force: true })).status, 400)
})

test('HEAD is GET without a body; other methods name what is allowed', async () => {
  const head = await call('HEAD', '/items/latest')
  assert.deepEqual([head.status, head.text], [200, ''])
  const answer = await call('PUT', '/items')
  assert.deepEqual([answer.status, answer.json().code], [405, 'API_METHOD'])
  assert.deepEqual(new Set(String(answer.headers.allow).split(', ')), new Set(['GET', 'HEAD', 'POST']))
})

test('an unknown address is 404, with a trailing slash too, and never redirected', async () => {
  for (const path of ['/nothing', '/items/', '/items/latest/', '/ITEMS']) {
    const answer = await call('GET', path)
    assert.deepEqual([answer.status, answer.json().code], [404, 'API_NOT_FOUND'], path)
  }
  assert.equal((await rig.http.inject({ path: '/api/v1/absent', headers: bearer(key) })).status, 404)
  assert.equal((await rig.http.inject({ path: '/api/v2/demo', headers: bearer(key) })).status, 404)
})

test('errors are problem details from the catalogue', async () => {
  const answer = await call('GET', '/fail/known')
  assert.equal(answer.headers['content-type'], 'application/problem+json')
  const { trace, ...problem } = answer.json()
  assert.match(trace, /^[\w-]{20,}$/)
  assert.deepEqual(problem, {
    other: 7,
    type: 'urn:clawnex:error:API_CONFLICT',
    title: 'The thing changed in between.',
    status: 409,
    code: 'API_CONFLICT',
    detail: 'It is there already.',
    action: 'Read it again and repeat the change.',
  })
})

test('what is not in the catalogue stays in the log, under the trace id of the reply', async () => {
  const answer = await call('GET', '/fail/abc123')
  assert.deepEqual([answer.status, answer.json().code], [500, 'API_INTERNAL'])
  assert.ok(!answer.text.includes('abc123') && !answer.text.includes('/home/'))
  const line = rig.log.find(entry => entry.fields['trace'] === answer.json().trace)
  assert.match(String(line?.fields['err']), /abc123/)
})

test('a database that cannot be written is told as such', async () => {
  for (const how of ['full', 'readonly']) {
    const answer = await call('GET', `/fail/${how}`)
    assert.deepEqual([answer.status, answer.json().code], [503, 'API_STORE'])
  }
})

test('in specs a reply that breaks its schema is an error', async () => {
  assert.equal((await call('GET', '/lies')).status, 500)
})

test('a repeated Idempotency-Key gets the first reply; another body is a conflict', async () => {
  const before = made
  const headers = { 'idempotency-key': 'one' }
  const both = await Promise.all([
    call('POST', '/items', { name: 'a' }, headers),
    call('POST', '/items', { name: 'a' }, headers),
  ])
  const third = await call('POST', '/items', { name: 'a' }, headers)
  assert.deepEqual(
    [...both, third].map(answer => answer.json().number),
    [before + 1, before + 1, before + 1],
  )
  assert.equal((await call('POST', '/items', { name: 'b' }, headers)).status, 409)
  assert.equal((await call('POST', '/items', { name: 'a' }, { 'idempotency-key': 'two' })).json().number, before + 2)
  const other = bearer(rig.key('demo.write'))
  assert.equal((await call('POST', '/items', { name: 'a' }, { ...headers, ...other })).json().number, before + 3)
  assert.equal((await call('POST', '/items', { name: 'a' }, { 'idempotency-key': 'x'.repeat(201) })).status, 400)
})

test('too many requests are refused with the time to wait; another caller is not held up', async () => {
  const strict = createRig({ specs, rates: { read: { burst: 2, perSecond: 0.5 } } })
  const one = bearer(strict.key('demo.read'))
  const get = (headers: Record<string, string>) => strict.http.inject({ path: '/api/v1/demo/items/latest', headers })
  assert.deepEqual([(await get(one)).status, (await get(one)).status], [200, 200])
  const refused = await get(one)
  assert.deepEqual([refused.status, refused.json().code, refused.headers['retry-after']], [429, 'API_RATE', '2'])
  assert.equal((await get(bearer(strict.key('demo.read')))).status, 200)
})

test('wrong credentials are limited by address, a valid one always passes', async () => {
  const strict = createRig({ specs, rates: { failed: { burst: 3, perSecond: 0.001 } } })
  const get = (headers: Record<string, string>) => strict.http.inject({ path: '/api/v1/demo/items/latest', headers })
  const wrong: number[] = []
  for (let at = 0; at < 6; at += 1) wrong.push((await get(bearer(`wrong${at}`))).status)
  assert.equal(wrong[0], 401)
  assert.equal(wrong.at(-1), 429)
  assert.equal((await get(bearer(strict.key('demo.read')))).status, 200)
})

test('the signal of a handler fires when the client goes away, and the pin is released', async () => {
  let signal: AbortSignal | undefined
  const hanging = createRig({
    specs: [
      defineRoute({
        method: 'GET',
        path: '/hang',
        summary: 'Hangs until its client is gone.',
        permission: 'demo.read',
        handle(request) {
          signal = request.signal
          return new Promise<undefined>(resolve => {
            request.signal.addEventListener('abort', () => resolve(undefined))
          })
        },
      }),
    ],
  })
  const port = await hanging.listen()
  const client = new AbortController()
  const pending = fetch(`http://127.0.0.1:${port}/api/v1/demo/hang`, {
    headers: bearer(hanging.key('demo.read')),
    signal: client.signal,
  })
  await until(() => signal !== undefined)
  assert.equal(hanging.pins(), 1)
  client.abort()
  await assert.rejects(pending)
  await until(() => signal?.aborted === true)
  await until(() => hanging.pins() === 0)
})

const base = { method: 'GET', path: '/x', summary: 'x', permission: 'demo.read', handle: () => null } as const
const INVALID: Readonly<Record<string, readonly RouteSpec[]>> = {
  'neither permission nor public': [{ ...base, permission: undefined } as never],
  'a change without an audit action': [{ ...base, method: 'POST' }],
  'the same place twice': [base, base],
  'the same place with another parameter name': [
    { ...base, path: '/x/:a' },
    { ...base, path: '/x/:b' },
  ],
  'a relative path': [{ ...base, path: 'x' }],
  'a wildcard': [{ ...base, path: '/*all' }],
  'a climbing path that ends outside': [{ ...base, path: '/x//y' }],
  'a GET with a body': [{ ...base, body: Type.Object({}) }],
  'a probe of a change': [{ ...base, method: 'POST', audit: 'x.y', probe: true }],
  'a probe with a parameter': [{ ...base, path: '/:id', probe: true }],
  'a schema that is none': [{ ...base, query: { type: 'wonder' } as never }],
}

for (const [name, routes] of Object.entries(INVALID)) {
  test(`a generation with ${name} is refused`, () => {
    assert.throws(
      () => rig.load(routes),
      error => isCatalogued(error) && error.code === 'PLG_ROUTE_INVALID' && (error as PluginError).plugin === 'demo',
    )
  })
}

test('probes run as the system through schema and handler, and a failing one throws', async () => {
  const owner = { plugin: 'demo', generation: 1, log: rig.http.app as never, signal: new AbortController().signal }
  await rig.http.compileRoutes(owner, specs).probe()
  assert.deepEqual({ ...(seen.query as object) }, { limit: 5 })
  const sick = { ...base, probe: true, handle: () => reply(503, undefined) } as unknown as RouteSpec
  await assert.rejects(rig.http.compileRoutes(owner, [sick]).probe(), /503/)
})

test('strict JSON takes exactly what JSON.parse takes, short of what is refused by rule', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), text => {
      const parsed = attempt(() => parseJson(Buffer.from(text)))
      if (parsed.ok) assert.deepEqual(parsed.value, JSON.parse(text))
      else assert.ok(/\\u0000|__proto__|constructor/.test(text), text)
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 60, unit: fc.constantFrom(...'{}[],:"\\u0019ab \n') }), text => {
      const strict = attempt(() => parseJson(Buffer.from(text)))
      const loose = attempt(() => JSON.parse(text))
      assert.ok(loose.ok || !strict.ok, `${text} must be refused`)
      if (!strict.ok) assert.ok(isCatalogued(strict.error))
    }),
    { numRuns: 2000 },
  )
})

function attempt<T>(run: () => T): { ok: true; value: T } | { ok: false; error: unknown } {
  try {
    return { ok: true, value: run() }
  } catch (error) {
    return { ok: false, error }
  }
}
