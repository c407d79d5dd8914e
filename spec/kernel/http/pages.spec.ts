import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, createRig } from './rig.ts'

const rig = createRig()
const HTML = { accept: 'text/html,application/xhtml+xml' }
const page = (path: string, headers: Record<string, string> = {}) =>
  rig.http.inject({ path, headers: { ...HTML, ...headers } })

test('a link becomes a cookie and leads to the dashboard, once', async () => {
  const path = `/open?token=${rig.link()}`
  const first = await page(path)
  assert.deepEqual([first.status, first.headers.location], [303, '/'])
  assert.match(String(first.headers['set-cookie']), /^s=new; .*SameSite=Strict/)
  const second = await page(path)
  assert.equal(second.status, 410)
  assert.ok(second.text.includes('no session'))
  assert.equal(second.headers['set-cookie'], undefined)
})

test('a link opened from another site is repeated by our own page, and still works then', async () => {
  const path = `/open?token=${rig.link()}`
  const between = await page(path, { 'sec-fetch-site': 'cross-site' })
  assert.equal(between.status, 200)
  assert.match(between.text, /http-equiv="refresh" content="0;url=\/open\?token=/)
  assert.equal(between.headers['set-cookie'], undefined)
  assert.match(String(between.headers['content-security-policy']), /default-src 'none'/)
  assert.equal((await page(path, { 'sec-fetch-site': 'same-origin' })).status, 303)
})

test('a HEAD request, as link previews send it, does not use the link up', async () => {
  const path = `/open?token=${rig.link()}`
  assert.equal((await rig.http.inject({ method: 'HEAD', path, headers: HTML })).status, 405)
  assert.equal((await page(path)).status, 303)
})

test('nothing of an address can break out of the page between', async () => {
  const answer = await page(`/open?token="><script>x</script>`.replace(/ /g, ''), { 'sec-fetch-site': 'cross-site' })
  assert.ok(!answer.text.includes('<script>'))
})

test('guesses at links are limited, a real link still opens', async () => {
  const strict = createRig({ rates: { failed: { burst: 2, perSecond: 0.001 } } })
  const open = async (token: string) =>
    (await strict.http.inject({ path: `/open?token=${token}`, headers: HTML })).status
  assert.deepEqual([await open('a'), await open('b'), await open('c')], [410, 410, 429])
  assert.equal(await open(strict.link()), 303)
})

test('every address of the dashboard gives the shell to a session, and the way to one otherwise', async () => {
  const session = bearer(rig.key('*'))
  for (const path of ['/', '/traffic', '/plugins/shield?x=1']) {
    const known = await page(path, session)
    assert.deepEqual([known.status, known.text.includes('shell')], [200, true])
    assert.equal(known.headers['content-security-policy'], "default-src 'self'")
    assert.equal(known.headers['cache-control'], 'no-store')
    const stranger = await page(path)
    assert.deepEqual([stranger.status, stranger.text.includes('no session')], [401, true])
  }
  assert.equal((await page('/', bearer('wrong'))).status, 401)
})

test('a session followed from another site is asked for once more, not refused', async () => {
  const answer = await page('/traffic?q=a%26b', { 'sec-fetch-site': 'cross-site' })
  assert.match(answer.text, /content="0;url=\/traffic\?q=a%26b"/)
})

test('programs get a problem instead of a page', async () => {
  const answer = await rig.http.inject({ path: '/traffic', headers: { accept: 'application/json' } })
  assert.deepEqual([answer.status, answer.json().code], [404, 'API_NOT_FOUND'])
  assert.equal((await rig.http.inject({ method: 'POST', path: '/', headers: HTML })).status, 405)
})

test('assets are immutable, in the smallest form the client takes', async () => {
  const asset = (encoding: string) =>
    rig.http.inject({ path: '/assets/app-abc.js', headers: { 'accept-encoding': encoding } })
  const forms = [
    ['gzip, deflate, br', 'br', 'brotli'],
    ['gzip', 'gzip', 'zipped'],
    ['br;q=0, gzip', 'gzip', 'zipped'],
    ['', undefined, 'plain'],
    ['identity', undefined, 'plain'],
  ] as const
  for (const [accept, encoding, text] of forms) {
    const answer = await asset(accept)
    assert.deepEqual([answer.status, answer.headers['content-encoding'], answer.text], [200, encoding, text], accept)
    assert.match(String(answer.headers['cache-control']), /immutable/)
    assert.match(String(answer.headers.vary), /accept-encoding/i)
    assert.match(String(answer.headers['content-type']), /^text\/javascript/)
  }
  assert.equal((await rig.http.inject({ path: '/assets/absent.js' })).status, 404)
  const missing = await rig.http.inject({ path: '/assets/absent.js' })
  assert.equal(missing.headers['cache-control'], 'no-store')
})

test('while plugins start, health is up, readiness is not, pages wait and the API says why', async () => {
  const early = createRig()
  early.kernelIs(false)
  assert.equal((await early.http.inject({ path: '/api/health' })).status, 200)
  const ready = await early.http.inject({ path: '/api/ready' })
  assert.deepEqual([ready.status, ready.json()], [503, { ready: false, why: 'plugins are starting' }])
  const waiting = await early.http.inject({ path: '/', headers: HTML })
  assert.equal(waiting.status, 503)
  assert.match(waiting.text, /refresh/)
  const api = await early.http.inject({ path: '/api/v1/kernel/plugins' })
  assert.deepEqual([api.status, api.json().code, api.headers['retry-after']], [503, 'API_UNAVAILABLE', '1'])
})
