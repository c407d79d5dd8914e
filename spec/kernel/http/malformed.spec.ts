import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Type } from 'typebox'
import { defineRoute, reply } from '../../../kernel/contract/index.ts'
import { createRig, sendRaw } from './rig.ts'

const rig = createRig({
  specs: [
    defineRoute({
      method: 'POST',
      path: '/echo',
      summary: 'Echoes.',
      permission: 'demo.use',
      audit: 'demo.echoed',
      bodyLimit: 1_000_000,
      body: Type.Object({ value: Type.Unknown() }),
      reply: Type.Unknown(),
      handle: ({ body }) => body,
    }),
    defineRoute({
      method: 'GET',
      path: '/header',
      summary: 'Puts a value into a header.',
      permission: 'demo.use',
      query: Type.Object({ value: Type.String() }),
      reply: Type.Null(),
      handle: ({ query }) => reply(200, null, { 'x-value': query.value }),
    }),
    defineRoute({
      method: 'GET',
      path: '/redirect',
      summary: 'Redirects.',
      permission: 'demo.use',
      query: Type.Object({ to: Type.String() }),
      handle: ({ query }) => reply(303, undefined, { location: query.to }),
    }),
  ],
})
const key = rig.key('demo.use')
const port = await rig.listen()
const HOST = `Host: 127.0.0.1:${port}`
const AUTH = `Authorization: Bearer ${key}`

function get(path: string, ...lines: string[]): string {
  return [`GET ${path} HTTP/1.1`, HOST, AUTH, 'Connection: close', ...lines, '', ''].join('\r\n')
}

function post(body: string | Buffer, ...lines: string[]): Buffer {
  const type = lines.some(line => /^content-type/i.test(line)) ? [] : ['Content-Type: application/json']
  const head = ['POST /api/v1/demo/echo HTTP/1.1', HOST, AUTH, 'Connection: close', ...type, ...lines]
  return Buffer.concat([
    Buffer.from(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`),
    Buffer.from(body),
  ])
}

const MANY = Array.from({ length: 1500 }, (_, at) => `X: ${at}`)
const raw = (...lines: string[]): string => [...lines, '', ''].join('\r\n')

const CASES: readonly (readonly [name: string, bytes: string | Buffer, status: number])[] = [
  ['JSON nested 100,000 deep', post(`{"value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 400],
  ['JSON nested 65 deep', post(`{"value":${'['.repeat(64)}${']'.repeat(64)}}`), 400],
  ['gzip with rubbish', post('rubbish', 'Content-Encoding: gzip'), 415],
  ['real gzip', post(gzipSync('{"value":1}'), 'Content-Encoding: gzip'), 415],
  ['a chain of encodings', post('{"value":1}', 'Content-Encoding: identity, gzip'), 415],
  ['CR/LF into a response header', get('/api/v1/demo/header?value=a%0d%0ax:y'), 400],
  ['a character beyond Latin-1 into a response header', get('/api/v1/demo/header?value=%E2%82%AC'), 400],
  ['TRACE', raw('TRACE / HTTP/1.1', HOST), 405],
  ['CONNECT', raw('CONNECT 127.0.0.1:22 HTTP/1.1', HOST), 405],
  ['OPTIONS', raw('OPTIONS /api/v1/demo/echo HTTP/1.1', HOST, 'Connection: close'), 405],
  ['foreign Host', raw('GET /api/health HTTP/1.1', `Host: evil.example:${port}`, 'Connection: close'), 421],
  ['Host a@b', raw('GET /api/health HTTP/1.1', `Host: evil@127.0.0.1:${port}`, 'Connection: close'), 421],
  ['no Host', raw('GET /api/health HTTP/1.1', 'Connection: close'), 400],
  ['two Host lines', raw('GET /api/health HTTP/1.1', HOST, 'Host: evil.example', 'Connection: close'), 400],
  ['twice the same Host', raw('GET /api/health HTTP/1.1', HOST, HOST, 'Connection: close'), 400],
  ['request line without a version', 'GET /api/health\r\n\r\n', 400],
  ['an absolute address', raw(`GET http://127.0.0.1:${port}/api/health HTTP/1.1`, HOST, 'Connection: close'), 400],
  ['1,500 header lines', raw('GET /api/health HTTP/1.1', HOST, 'Connection: close', ...MANY), 431],
  ['a header line of 20 kB', raw('GET /api/health HTTP/1.1', HOST, `X: ${'x'.repeat(20_000)}`), 431],
  ['400,000 elements', post(`{"value":[${'1,'.repeat(399_999)}1]}`), 400],
  ['invalid UTF-8', post(Buffer.from([...Buffer.from('{"value":"'), 0xff, 0xfe, ...Buffer.from('"}')])), 400],
  ['a byte order mark', post('\ufeff{"value":1}'), 400],
  ['NUL in a JSON string', post('{"value":"a\\u0000b"}'), 400],
  ['a key that stands twice', post('{"value":1,"value":2}'), 400],
  ['a key that stands twice, once escaped', post('{"value":1,"v\\u0061lue":2}'), 400],
  ['__proto__', post('{"value":{"__proto__":{"x":1}}}'), 400],
  ['__proto__ escaped', post('{"value":{"\\u005f_proto__":{"x":1}}}'), 400],
  ['constructor', post('{"value":{"constructor":{"prototype":{"x":1}}}}'), 400],
  ['a body above the limit', post(`{"value":"${'x'.repeat(1_000_001)}"}`), 413],
  ['no JSON', post('{"value":}'), 400],
  ['an empty body', post(''), 400],
  ['text/plain', post('{"value":1}', 'Content-Type: text/plain'), 415],
  ['a form', post('value=1', 'Content-Type: application/x-www-form-urlencoded'), 415],
  ['multipart', post('--x--', 'Content-Type: multipart/form-data; boundary=x'), 415],
  ['another charset', post('{"value":1}', 'Content-Type: application/json; charset=utf-16'), 415],
  ['two content types', post('{"value":1}', 'Content-Type: application/json', 'Content-Type: text/plain'), 400],
  ['..%2f on static', get('/assets/..%2f..%2fetc%2fpasswd'), 400],
  ['..%5c on static', get('/assets/..%5c..%5cwindows'), 400],
  ['raw .. on static', get('/assets/../../etc/passwd'), 400],
  ['%00 on static', get('/assets/app-abc.js%00.png'), 400],
  ['an unfinished escape', get('/api/v1/demo/%E0%A4'), 400],
  ['Content-Length and Transfer-Encoding', post('{"value":1}', 'Transfer-Encoding: chunked'), 400],
  ['two lengths', post('{"value":1}', 'Content-Length: 5'), 400],
  ['a negative length', raw('POST /api/v1/demo/echo HTTP/1.1', HOST, 'Content-Length: -5'), 400],
  ['bare LF in the header', `GET /api/health HTTP/1.1\nX: 1\n${HOST}\n\n`, 400],
  ['a folded line', raw('GET /api/health HTTP/1.1', HOST, 'X: a', ' b'), 400],
  ['NUL in a header', raw('GET /api/health HTTP/1.1', HOST, 'X: a\0b'), 400],
  ['a blank before the colon', raw('GET /api/health HTTP/1.1', HOST, 'X : a'), 400],
  ['two keys in two lines', get('/api/v1/demo/header?value=a', 'Authorization: Bearer other'), 400],
  ['two different credentials', get('/api/v1/demo/header?value=a', 'X-Api-Key: other'), 400],
  ['a body on GET', get('/api/v1/demo/header?value=a', 'Content-Length: 2').concat('{}'), 400],
  ['an unknown expectation', raw('GET /api/health HTTP/1.1', HOST, 'Expect: wonders'), 400],
  ['rubbish', '\x16\x03\x01\x02\x00\x01\x00', 400],
]

for (const [name, bytes, status] of CASES) {
  test(`${name} is answered ${status} with all security headers`, async () => {
    const answer = await sendRaw(port, bytes)
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 400))
    for (const header of [
      "content-security-policy: default-src 'none'",
      'x-content-type-options: nosniff',
      'referrer-policy: no-referrer',
      'cross-origin-opener-policy: same-origin',
      'cross-origin-resource-policy: same-origin',
      'permissions-policy: ',
      'cache-control: no-store',
    ]) {
      assert.ok(answer.toLowerCase().includes(`\r\n${header}`), `${header} is missing in\n${answer}`)
    }
    assert.ok(!/\bat .*\.(?:ts|mjs|js):\d+/.test(answer), 'no stack leaves the server')
  })
}

test('a redirect away from the own origin is not sent', async () => {
  for (const to of ['javascript:alert(1)', 'https://evil.example/', '//evil.example/', '/\\evil.example']) {
    const answer = await rig.http.inject({
      path: `/api/v1/demo/redirect?to=${encodeURIComponent(to)}`,
      headers: { authorization: `Bearer ${key}` },
    })
    assert.equal(answer.status, 500)
    assert.equal(answer.headers.location, undefined)
  }
})

test('X-Forwarded-For changes nothing about who asks', async () => {
  const strict = createRig({ rates: { failed: { burst: 2, perSecond: 0.001 } } })
  const guess = (at: number) =>
    strict.http.inject({
      path: '/api/v1/kernel/plugins',
      headers: { authorization: `Bearer wrong${at}`, 'x-forwarded-for': `10.0.0.${at}`, forwarded: `for=10.0.1.${at}` },
    })
  const statuses = [await guess(1), await guess(2), await guess(3)].map(answer => answer.status)
  assert.equal(statuses.at(-1), 429)
})

test('a whole and correct request passes', async () => {
  const answer = await sendRaw(port, post('{"value":{"a":[1,2,{"b":"c"}]}}'))
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.ok(answer.endsWith('{"value":{"a":[1,2,{"b":"c"}]}}'))
})

test('Expect: 100-continue is answered only when the header is fine', async () => {
  const fine = await sendRaw(port, post('{"value":1}', 'Expect: 100-continue'))
  assert.match(fine, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
  const foreign = await sendRaw(port, post('{"value":1}', 'Expect: 100-continue', 'Origin: http://evil.example'))
  assert.match(foreign, /^HTTP\/1\.1 403 /)
})

test('a body that does not arrive in time is given up', async () => {
  const slow = createRig({
    bodyTimeoutMs: 50,
    specs: [
      defineRoute({
        method: 'POST',
        path: '',
        summary: 'Takes.',
        permission: 'demo.use',
        audit: 'demo.taken',
        body: Type.Unknown(),
        handle: () => undefined,
      }),
    ],
  })
  const slowPort = await slow.listen()
  const lines = [
    'POST /api/v1/demo HTTP/1.1',
    `Host: 127.0.0.1:${slowPort}`,
    `Authorization: Bearer ${slow.key('demo.use')}`,
    'Content-Type: application/json',
    'Content-Length: 10',
    '',
    '{',
  ]
  const answer = await sendRaw(slowPort, lines.join('\r\n'))
  assert.match(answer, /^HTTP\/1\.1 408 /)
  assert.match(answer, /connection: close/i)
})

test('the time limits of the server are set', () => {
  const { server } = rig.http
  assert.deepEqual(
    [server.headersTimeout, server.requestTimeout, server.keepAliveTimeout, server.maxRequestsPerSocket],
    [10_000, 30_000, 5000, 1000],
  )
})
