import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { mintKey } from '../../../plugins/rbac/keys/format.ts'
import migration from '../../../plugins/rbac/migrations/0001-keys-and-sessions.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { startRbac } from './start.ts'

const HOUR = 3_600_000
const NOW = 1_800_000_000_000

/** The default port; its cookie has no number. */
const run = { dashboardPort: 5001 }

test('a link becomes one session whose cookie scripts and other sites cannot use', async () => {
  const { access, cookie } = await startRbac({ run })
  const { token } = access.openLink()
  const redeemed = access.redeemLink(token)
  assert.match(
    redeemed?.setCookie ?? '',
    /^clawnex_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
  )
  const actor = cookie(redeemed!.setCookie.split(';')[0] as string)
  assert.deepEqual(
    { name: actor?.name, person: actor?.person, permissions: actor?.permissions },
    { name: 'local operator', person: true, permissions: '*' },
  )
  assert.equal(access.redeemLink(token), null)
  assert.equal(access.redeemLink(''), null)
  assert.equal(access.redeemLink('x'.repeat(10_000)), null)
})

test('on another port the cookie has another name, and the one of a neighbour is not looked at', async () => {
  const { access, cookie, signIn, bench } = await startRbac({ run: { dashboardPort: 5002 } })
  const redeemed = access.redeemLink(access.openLink().token)
  assert.match(
    redeemed?.setCookie ?? '',
    /^clawnex_session_5002=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
  )
  const own = signIn()
  assert.equal(cookie(`clawnex_session=neighbour; ${own}; clawnex_session_5003=other`)?.kind, 'session')
  assert.equal(cookie('clawnex_session=neighbour; clawnex_session_50021=other'), null)
  assert.throws(() => cookie(`${own}; clawnex_session_5002=other`), { code: 'API_CREDENTIALS_AMBIGUOUS' })
  const answer = await bench.call('POST', '/logout', { actor: cookie(own)! })
  assert.match(answer.headers['set-cookie'] ?? '', /^clawnex_session_5002=; .*Max-Age=0$/)
})

test('of fifty attempts at one link exactly one wins', async () => {
  const { access, bench } = await startRbac()
  const { token } = access.openLink()
  const attempts = await Promise.all(Array.from({ length: 50 }, async () => access.redeemLink(token)))
  assert.equal(attempts.filter(attempt => attempt !== null).length, 1)
  assert.equal((await bench.call('GET', '/sessions')).body.items.length, 1)
})

test('a link lapses after fifteen minutes', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { access } = await startRbac()
  const kept = access.openLink()
  const late = access.openLink()
  assert.equal(kept.expiresAt, NOW + 15 * 60_000)
  t.mock.timers.tick(15 * 60_000 - 1)
  assert.ok(access.redeemLink(kept.token))
  t.mock.timers.tick(1)
  assert.equal(access.redeemLink(late.token), null)
})

test('a session ends after twelve idle hours, and use keeps it alive', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { signIn, cookie, access, bench } = await startRbac()
  const used = signIn()
  const idle = signIn()
  const idleActor = cookie(idle)!
  t.mock.timers.tick(11 * HOUR)
  assert.ok(cookie(used))
  t.mock.timers.tick(2 * HOUR)
  assert.ok(cookie(used))
  assert.throws(() => cookie(idle), { code: 'API_CREDENTIAL_INVALID' })
  assert.equal(access.isCurrent(idleActor), false)
  const ended: string[] = []
  access.onRevoked(id => ended.push(id))
  await bench.run('end-expired')
  assert.deepEqual(ended, [idleActor.id])
})

test('a session ends after seven days however much it is used', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { signIn, cookie } = await startRbac()
  const session = signIn()
  for (let hours = 8; hours < 7 * 24; hours += 8) {
    t.mock.timers.tick(8 * HOUR)
    assert.ok(cookie(session))
  }
  t.mock.timers.tick(8 * HOUR)
  assert.throws(() => cookie(session), { code: 'API_CREDENTIAL_INVALID' })
})

test('the twenty-first session ends the one that was used longest ago', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { signIn, cookie, access, bench } = await startRbac()
  const sessions: string[] = []
  for (let i = 0; i < 20; i++) {
    sessions.push(signIn())
    t.mock.timers.tick(60_000)
  }
  cookie(sessions[0]!)
  const second = cookie(sessions[1]!)
  t.mock.timers.tick(60_000)
  for (const session of sessions.filter((_, index) => index !== 1)) cookie(session)
  const ended: string[] = []
  access.onRevoked(id => ended.push(id))
  sessions.push(signIn())
  assert.deepEqual(ended, [second?.id])
  assert.throws(() => cookie(sessions[1]!), { code: 'API_CREDENTIAL_INVALID' })
  assert.equal((await bench.call('GET', '/sessions')).body.items.length, 20)
})

test('links and sessions survive a restart, and only hashes are kept', async t => {
  const file = join(temporaryFolder(t), 'a.db')
  const first = new Database(file)
  migration.up(first)
  const before = await startRbac({ db: first })
  const session = before.signIn()
  const link = before.access.openLink()
  const stored = JSON.stringify([
    first.prepare('SELECT * FROM rbac_session').all(),
    first.prepare('SELECT * FROM rbac_link').all(),
  ])
  assert.equal(stored.includes(session.split('=')[1]!), false)
  assert.equal(stored.includes(link.token), false)
  first.close()
  const db = new Database(file)
  t.after(() => db.close())
  const after = await startRbac({ db })
  assert.ok(after.cookie(session))
  assert.ok(after.access.redeemLink(link.token))
})

test('sign-out ends the session, tells its streams and clears the browser', async () => {
  const { signIn, cookie, access, bench } = await startRbac({ run })
  const session = signIn()
  const actor = cookie(session)!
  const ended: string[] = []
  access.onRevoked(id => ended.push(id))
  const answer = await bench.call('POST', '/logout', { actor })
  assert.equal(answer.status, 204)
  assert.match(answer.headers['clear-site-data'] ?? '', /"cookies"/)
  assert.match(answer.headers['set-cookie'] ?? '', /^clawnex_session=; .*Max-Age=0$/)
  assert.deepEqual(ended, [actor.id])
  assert.throws(() => cookie(session), { code: 'API_CREDENTIAL_INVALID' })
})

test('sessions are listed with the own one marked and can be ended one by one', async () => {
  const { signIn, cookie, bench } = await startRbac()
  const own = cookie(signIn())!
  const other = signIn()
  const otherId = cookie(other)!.id
  const { items } = (await bench.call('GET', '/sessions', { actor: own })).body
  assert.deepEqual(
    items.map((item: { id: string; current: boolean }) => [item.id, item.current]).sort(),
    [
      [own.id, true],
      [otherId, false],
    ].sort(),
  )
  assert.equal((await bench.call('GET', '/sessions', { actor: own, query: { scope: 'own' } })).body.items.length, 1)
  await bench.call('DELETE', `/sessions/${otherId}`, { actor: own })
  assert.throws(() => cookie(other), { code: 'API_CREDENTIAL_INVALID' })
  await assert.rejects(bench.call('DELETE', `/sessions/${otherId}`, { actor: own }), { code: 'API_NOT_FOUND' })
})

test('a request carries one credential or is refused', async () => {
  const { signIn, access } = await startRbac({ run })
  const { apiKey } = access.takeFirstKeys()!
  const session = signIn()
  const ask = (source: { cookie?: string; authorization?: string; apiKey?: string }) =>
    access.authenticate({
      cookie: source.cookie,
      authorization: source.authorization,
      apiKey: source.apiKey,
      remoteAddress: '127.0.0.1',
    })
  const ambiguous = { code: 'API_CREDENTIALS_AMBIGUOUS' }
  const invalid = { code: 'API_CREDENTIAL_INVALID' }
  assert.equal(ask({}), null)
  assert.equal(ask({ cookie: 'other=1; clawnex_session=' }), null)
  assert.equal(ask({ cookie: `a=b; ${session}; c=d` })?.kind, 'session')
  assert.equal(ask({ apiKey })?.kind, 'key')
  assert.equal(ask({ apiKey, authorization: `bearer ${apiKey}` })?.kind, 'key')
  assert.throws(() => ask({ cookie: session, apiKey }), ambiguous)
  assert.throws(() => ask({ cookie: session, authorization: `Bearer ${apiKey}` }), ambiguous)
  assert.throws(() => ask({ apiKey, authorization: `Bearer ${mintKey('api')}` }), ambiguous)
  assert.throws(() => ask({ cookie: `${session}; clawnex_session=other` }), ambiguous)
  assert.throws(() => ask({ cookie: 'clawnex_session=unknown' }), invalid)
  assert.throws(() => ask({ authorization: 'Basic YTpi' }), invalid)
  assert.throws(() => ask({ authorization: 'Bearer' }), invalid)
  assert.throws(() => ask({ apiKey: mintKey('model') }), invalid)
})

test('listeners outlive a reload, and a released one hears nothing', async () => {
  const { access } = await startRbac()
  const heard: string[] = []
  const release = access.onRevoked(id => heard.push(id))
  await release()
  ;(access as unknown as { revoked(id: string): void }).revoked('ses_1')
  assert.deepEqual(heard, [])
})

test('a database that cannot be written locks nobody out', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: NOW })
  const { signIn, cookie, bearer, access, bench } = await startRbac()
  const { apiKey } = access.takeFirstKeys()!
  const session = signIn()
  t.mock.timers.tick(HOUR)
  bench.db.pragma('query_only = ON')
  assert.equal(cookie(session)?.kind, 'session')
  assert.equal(bearer(apiKey)?.kind, 'key')
  bench.db.pragma('query_only = OFF')
  assert.equal(cookie(session)?.kind, 'session')
})
