import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineRoute } from '../../../kernel/contract/index.ts'
import { bearer, createRig } from './rig.ts'

const rig = createRig({
  allowedHosts: ['nex.example.org'],
  specs: [
    defineRoute({ method: 'GET', path: '', summary: 'Reads.', permission: 'demo.use', handle: () => undefined }),
    defineRoute({
      method: 'POST',
      path: '',
      summary: 'Writes.',
      permission: 'demo.use',
      audit: 'demo.written',
      handle: () => undefined,
    }),
  ],
})
const key = rig.key('demo.use')

const send = async (method: string, headers: Record<string, string>, path = '/api/v1/demo'): Promise<number> =>
  (await rig.http.inject({ method, path, headers: { ...bearer(key), ...headers } })).status

const HOSTS: Readonly<Record<string, number>> = {
  '127.0.0.1:5001': 204,
  'localhost:5001': 204,
  'LOCALHOST:5001': 204,
  '[::1]:5001': 204,
  'nex.example.org': 204,
  'nex.example.org:443': 421,
  'localhost:5002': 421,
  localhost: 421,
  '127.0.0.1': 421,
  'localhost.:5001': 421,
  'localhost:05001': 421,
  '127.0.0.1.evil.example:5001': 421,
  'evil.example': 421,
  '127.1:5001': 421,
  '2130706433:5001': 421,
  '0.0.0.0:5001': 421,
  '[::ffff:127.0.0.1]:5001': 421,
  'evil@localhost:5001': 421,
}

for (const [host, status] of Object.entries(HOSTS)) {
  test(`Host "${host}" is answered ${status}`, async () => {
    assert.equal(await send('GET', { host }), status)
  })
}

test('a foreign Host learns nothing: the body is empty, on every address', async () => {
  for (const path of ['/', '/api/health', '/api/v1/demo', '/open?token=x', '/assets/app-abc.js']) {
    const answer = await rig.http.inject({ path, headers: { host: 'evil.example', accept: 'text/html' } })
    assert.deepEqual([answer.status, answer.text], [421, ''])
  }
})

const OWN = 'http://127.0.0.1:5001'
const ORIGINS: readonly (readonly [headers: Record<string, string>, read: number, write: number])[] = [
  [{}, 204, 204],
  [{ origin: OWN }, 204, 204],
  [{ origin: OWN, 'sec-fetch-site': 'same-origin' }, 204, 204],
  [{ 'sec-fetch-site': 'none' }, 204, 204],
  [{ origin: 'null' }, 403, 403],
  [{ origin: 'http://evil.example' }, 403, 403],
  [{ origin: 'https://127.0.0.1:5001' }, 403, 403],
  [{ origin: 'http://localhost:5001' }, 403, 403],
  [{ origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }, 403, 403],
  [{ 'sec-fetch-site': 'same-site' }, 403, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403, 403],
  [{ origin: OWN, 'sec-fetch-site': 'cross-site' }, 403, 403],
]

for (const [headers, read, write] of ORIGINS) {
  test(`${JSON.stringify(headers)} may read: ${read}, write: ${write}`, async () => {
    assert.deepEqual([await send('GET', headers), await send('POST', headers)], [read, write])
  })
}

test('on the public name only its https origin counts, and HSTS is sent', async () => {
  const host = 'nex.example.org'
  assert.equal(await send('POST', { host, origin: 'https://nex.example.org' }), 204)
  assert.equal(await send('POST', { host, origin: 'http://nex.example.org' }), 403)
  const there = await rig.http.inject({ path: '/api/health', headers: { host } })
  const here = await rig.http.inject({ path: '/api/health' })
  assert.match(String(there.headers['strict-transport-security']), /max-age=31536000/)
  assert.equal(here.headers['strict-transport-security'], undefined)
})

test('no reply lets another origin read it', async () => {
  const answer = await rig.http.inject({ path: '/api/health', headers: { origin: 'http://evil.example' } })
  assert.equal(answer.status, 403)
  assert.equal(answer.headers['access-control-allow-origin'], undefined)
})
