import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ACCESS, CALLS, type CallRecord, MODEL_KEYS, PERMISSIONS, tokenKey } from '../../../kernel/contract/index.ts'
import { KEY_TABLE } from '../../../plugins/rbac/contract.ts'
import gateway from '../../../plugins/rbac/gateway.ts'
import { hashSecret, mintKey, readKind } from '../../../plugins/rbac/keys/format.ts'
import { actorWith, gatewayBench } from '../../fixtures/plugin-host.ts'
import { startRbac } from './start.ts'

const KIND = fc.constantFrom('model' as const, 'api' as const)

test('every minted key has the documented shape and reads back as its kind', () => {
  fc.assert(
    fc.property(KIND, kind => {
      const key = mintKey(kind)
      assert.match(key, kind === 'model' ? /^cnx_m[0-9A-Za-z]{36}$/ : /^cnx_a[0-9A-Za-z]{36}$/)
      assert.equal(readKind(key), kind)
    }),
  )
})

test('no single changed character leaves a key valid', () => {
  const alphabet = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-')
  fc.assert(
    fc.property(KIND, fc.nat(40), alphabet, (kind, at, letter) => {
      const key = mintKey(kind)
      fc.pre(key[at] !== letter)
      assert.equal(readKind(key.slice(0, at) + letter + key.slice(at + 1)), null)
    }),
  )
})

test('any text that was not minted is refused without a throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.string().map(text => `cnx_m${text}`),
      ),
      text => assert.equal(readKind(text), null),
    ),
  )
})

test('random characters are drawn evenly', () => {
  const counts = new Map<string, number>()
  for (let i = 0; i < 2000; i++) for (const c of mintKey('api').slice(5, 35)) counts.set(c, (counts.get(c) ?? 0) + 1)
  assert.equal(counts.size, 62)
  const expected = 60_000 / 62
  const chi = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  // 61 degrees of freedom; exceeded once in about 10^9 runs by a fair source, at once by `byte % 62`.
  assert.ok(chi < 150, `chi-square ${chi}`)
})

test('a key with a wrong checksum never reaches the database', async () => {
  const rbac = await startRbac()
  let queries = 0
  const prepared = rbac.bench.db.prepare('SELECT 1')
  const get = Object.getPrototypeOf(prepared).get
  Object.getPrototypeOf(prepared).get = function (...args: unknown[]) {
    queries++
    return get.apply(this, args)
  }
  try {
    const real = mintKey('api')
    const forged = real.slice(0, -1) + (real.endsWith('A') ? 'B' : 'A')
    assert.throws(() => rbac.bearer(forged), { code: 'API_CREDENTIAL_INVALID' })
    assert.equal(queries, 0)
    assert.throws(() => rbac.bearer(real), { code: 'API_CREDENTIAL_INVALID' })
    assert.equal(queries, 1)
  } finally {
    Object.getPrototypeOf(prepared).get = get
  }
})

test('a new data folder gets one model key and one API key, told once', async () => {
  const { access, bearer, bench } = await startRbac()
  const first = access.takeFirstKeys()
  assert.ok(first)
  assert.equal(access.takeFirstKeys(), null)
  assert.equal(readKind(first.modelKey), 'model')
  const actor = bearer(first.apiKey)
  assert.equal(actor?.permissions, '*')
  assert.equal(actor?.person, false)
  assert.equal((await bench.call('GET', '/keys')).body.items.length, 2)

  const again = await startRbac({ db: bench.db })
  assert.equal(again.access.takeFirstKeys(), null)
  assert.ok(again.bearer(first.apiKey))
})

test('first keys that nobody took are replaced, because nobody can know them', async () => {
  const { bench } = await startRbac()
  const again = await startRbac({ db: bench.db })
  assert.ok(again.access.takeFirstKeys())
  assert.equal((await again.bench.call('GET', '/keys')).body.items.length, 2)
})

test('a made key works until it is revoked, and streams of it are told', async () => {
  const { bench, access, bearer } = await startRbac()
  const made = await bench.call('POST', '/keys', {
    body: { name: 'ci', kind: 'api', permissions: ['traffic.read'] },
  })
  assert.equal(made.status, 201)
  const actor = bearer(made.body.secret)
  assert.deepEqual([...(actor!.permissions as Set<string>)], ['traffic.read'])
  assert.match(actor?.name ?? '', /^ci …\w{4}$/)
  assert.ok(access.isCurrent(actor!))
  const ended: string[] = []
  access.onRevoked(id => ended.push(id))
  assert.equal((await bench.call('DELETE', `/keys/${made.body.key.id}`)).status, 204)
  assert.deepEqual(ended, [made.body.key.id])
  assert.equal(access.isCurrent(actor!), false)
  assert.throws(() => bearer(made.body.secret), { code: 'API_CREDENTIAL_INVALID' })
  await assert.rejects(bench.call('DELETE', `/keys/${made.body.key.id}`), { code: 'API_NOT_FOUND' })
})

test('keys end after 90 days unless told otherwise, and expiry is announced', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
  const { bench, access, bearer } = await startRbac()
  const { body } = await bench.call('POST', '/keys', { body: { name: 'x', kind: 'api', permissions: ['a.b'] } })
  const never = await bench.call('POST', '/keys', {
    body: { name: 'y', kind: 'model', expiresInDays: null },
  })
  assert.equal(body.key.expiresAt, Date.now() + 90 * 86_400_000)
  assert.equal(never.body.key.expiresAt, null)
  t.mock.timers.tick(90 * 86_400_000 - 1)
  assert.ok(bearer(body.secret))
  const ended: string[] = []
  access.onRevoked(id => ended.push(id))
  t.mock.timers.tick(1)
  assert.throws(() => bearer(body.secret), { code: 'API_CREDENTIAL_INVALID' })
  await bench.run('end-expired')
  assert.deepEqual(ended, [body.key.id])
  await bench.run('end-expired')
  assert.equal(ended.length, 1)
})

test('nobody grants permissions they do not hold', async () => {
  const { bench } = await startRbac()
  const actor = actorWith('rbac.keys', 'traffic.read')
  const make = (permissions: string[]) =>
    bench.call('POST', '/keys', { actor, body: { name: 'x', kind: 'api', permissions } })
  assert.equal((await make(['traffic.read'])).status, 201)
  await assert.rejects(make(['traffic.read', 'rbac.sessions']), { code: 'API_FORBIDDEN', detail: /rbac\.sessions/ })
  await assert.rejects(make(['*']), { code: 'API_FORBIDDEN' })
})

test('a name that nothing declares is refused, wherever it stands in the list', async () => {
  const declared = [{ name: 'traffic.read', title: 'See calls', roles: [] }]
  const { bench } = await startRbac({ services: new Map([[tokenKey(PERMISSIONS), { list: () => declared }]]) })
  const make = (...permissions: string[]) =>
    bench.call('POST', '/keys', { body: { name: 'x', kind: 'api', permissions } })
  await assert.rejects(make('traffic.read', 'traffic.raed', '*', 'a.b'), {
    code: 'API_INVALID',
    errors: [
      { pointer: '/permissions/1', message: 'There is no permission "traffic.raed".' },
      { pointer: '/permissions/3', message: 'There is no permission "a.b".' },
    ],
  })
  assert.equal((await make('traffic.read')).status, 201)
  assert.equal((await make('*')).status, 201)
  declared.push({ name: 'a.b', title: 'Comes with a plugin loaded later', roles: [] })
  assert.equal((await make('a.b')).status, 201)
})

test('the list of permissions says which the caller may hand on', async () => {
  const declared = ['kernel.read', 'traffic.read'].map(name => ({ name, title: `May ${name}`, roles: ['admin'] }))
  const { bench } = await startRbac({ services: new Map([[tokenKey(PERMISSIONS), { list: () => declared }]]) })
  const list = async (actor?: ReturnType<typeof actorWith>) =>
    (await bench.call('GET', '/permissions', actor ? { actor } : {})).body.items
  assert.deepEqual(await list(actorWith('rbac.read', 'traffic.read')), [
    { name: 'kernel.read', title: 'May kernel.read', mayGrant: false },
    { name: 'traffic.read', title: 'May traffic.read', mayGrant: true },
  ])
  assert.ok((await list()).every((item: { mayGrant: boolean }) => item.mayGrant))
})

test('a key is made with rights of its own kind only', async () => {
  const { bench } = await startRbac()
  const bodies = [
    { name: 'x', kind: 'api' },
    { name: 'x', kind: 'model', permissions: ['a.b'] },
    { name: 'x', kind: 'api', permissions: ['a.b'], models: ['p/m'] },
    { name: 'x', kind: 'root' },
    { name: '', kind: 'model' },
    { name: 'a\nb', kind: 'model' },
    { name: 'x', kind: 'model', expiresInDays: 0 },
    { name: 'x', kind: 'model', models: [] },
  ]
  for (const body of bodies) await assert.rejects(bench.call('POST', '/keys', { body }), { code: 'API_INVALID' })
})

test('neither database, snapshot nor list holds a key', async () => {
  const { bench, access } = await startRbac()
  const first = access.takeFirstKeys()!
  const made = await bench.call('POST', '/keys', { body: { name: 'm', kind: 'model' } })
  const everything = [
    JSON.stringify(bench.db.prepare('SELECT * FROM rbac_key').all()),
    JSON.stringify(bench.published(KEY_TABLE)),
    JSON.stringify((await bench.call('GET', '/keys')).body),
  ].join('\n')
  for (const secret of [first.modelKey, first.apiKey, made.body.secret]) {
    assert.equal(everything.includes(secret.slice(0, 12)), false)
    assert.ok(everything.includes(secret.slice(-4)))
  }
})

test('the gateway takes model keys only, until they end', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
  const { bench, access } = await startRbac()
  const first = access.takeFirstKeys()!
  const made = await bench.call('POST', '/keys', {
    body: { name: 'scout', kind: 'model', models: ['openai/*'], expiresInDays: 1 },
  })
  const plane = await gatewayBench('rbac', gateway)
  const keys = plane.service(MODEL_KEYS)
  assert.equal(keys.verify(first.modelKey), null, 'nothing is accepted before the first snapshot')
  plane.snapshot(KEY_TABLE, bench.published(KEY_TABLE))
  assert.equal(keys.verify(first.modelKey)?.label, `first model key …${first.modelKey.slice(-4)}`)
  assert.equal(keys.verify(first.apiKey), null)
  assert.equal(keys.verify(mintKey('model')), null)
  assert.equal(keys.verify(''), null)
  assert.deepEqual(keys.verify(made.body.secret)?.models, ['openai/*'])
  t.mock.timers.tick(86_400_000)
  assert.equal(keys.verify(made.body.secret), null)

  await bench.call(
    'DELETE',
    `/keys/${(await bench.call('GET', '/keys')).body.items.find((k: { name: string }) => k.name === 'first model key').id}`,
  )
  plane.snapshot(KEY_TABLE, bench.published(KEY_TABLE))
  assert.equal(keys.verify(first.modelKey), null)
})

test('an API key in the snapshot would not open the model path either', async () => {
  const plane = await gatewayBench('rbac', gateway)
  const api = mintKey('api')
  plane.snapshot(KEY_TABLE, {
    keys: [{ id: 'k', hash: hashSecret(api), last4: 'xxxx', name: 'x', models: null, expiresAt: null }],
  })
  assert.equal(plane.service(MODEL_KEYS).verify(api), null)
})

test('last use of a model key comes from the records, at most once a minute', async () => {
  const { bench } = await startRbac()
  const { body } = await bench.call('POST', '/keys', { body: { name: 'm', kind: 'model' } })
  const used = async () =>
    (await bench.call('GET', '/keys')).body.items.find((k: { id: string }) => k.id === body.key.id).lastUsedAt
  const record = (id: string, at: number) => ({
    id,
    at,
    row: { at, key: { id: body.key.id, label: 'm' } } as unknown as CallRecord,
  })
  bench.ingest(CALLS, [record('1', 1_800_000_000_000), record('2', 1_800_000_030_000)])
  assert.equal(await used(), 1_800_000_000_000)
  bench.ingest(CALLS, [record('3', 1_800_000_060_000)])
  assert.equal(await used(), 1_800_000_060_000)
})

test('access is offered under its token', async () => {
  const { bench } = await startRbac({ run: { rbac: 'on' } })
  assert.equal(bench.service(ACCESS).mode, 'on')
})
