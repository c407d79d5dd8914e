import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Type } from 'typebox'
import { type ApiErrorCode, defineRoute, ERRORS, reply } from '../../../kernel/contract/index.ts'
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

function codeOf(answer: string): string | undefined {
  return /"code":"(\w+)"/.exec(answer)?.[1]
}

const MANY = Array.from({ length: 1500 }, (_, at) => `X: ${at}`)
const raw = (...lines: string[]): string => [...lines, '', ''].join('\r\n')

const CASES: readonly (readonly [name: string, bytes: string | Buffer, code: ApiErrorCode])[] = [
  ['JSON nested 100,000 deep', post(`{"value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 'API_JSON_DEPTH'],
  ['JSON nested 65 deep', post(`{"value":${'['.repeat(64)}${']'.repeat(64)}}`), 'API_JSON_DEPTH'],
  ['gzip with rubbish', post('rubbish', 'Content-Encoding: gzip'), 'API_CONTENT_TYPE'],
  ['real gzip', post(gzipSync('{"value":1}'), 'Content-Encoding: gzip'), 'API_CONTENT_TYPE'],
  ['a chain of encodings', post('{"value":1}', 'Content-Encoding: identity, gzip'), 'API_CONTENT_TYPE'],
  ['CR/LF into a response header', get('/api/v1/demo/header?value=a%0d%0ax:y'), 'API_BAD_REQUEST'],
  ['a character beyond Latin-1 into a response header', get('/api/v1/demo/header?value=%E2%82%AC'), 'API_BAD_REQUEST'],
  ['TRACE', raw('TRACE / HTTP/1.1', HOST), 'API_METHOD'],
  ['CONNECT', raw('CONNECT 127.0.0.1:22 HTTP/1.1', HOST), 'API_METHOD'],
  ['OPTIONS', raw('OPTIONS /api/v1/demo/echo HTTP/1.1', HOST, 'Connection: close'), 'API_METHOD'],
  ['foreign Host', raw('GET /api/health HTTP/1.1', `Host: evil.example:${port}`, 'Connection: close'), 'API_HOST'],
  ['Host a@b', raw('GET /api/health HTTP/1.1', `Host: evil@127.0.0.1:${port}`, 'Connection: close'), 'API_HOST'],
  ['no Host', raw('GET /api/health HTTP/1.1', 'Connection: close'), 'API_BAD_REQUEST'],
  [
    'two Host lines',
    raw('GET /api/health HTTP/1.1', HOST, 'Host: evil.example', 'Connection: close'),
    'API_BAD_REQUEST',
  ],
  ['twice the same Host', raw('GET /api/health HTTP/1.1', HOST, HOST, 'Connection: close'), 'API_BAD_REQUEST'],
  ['request line without a version', 'GET /api/health\r\n\r\n', 'API_BAD_REQUEST'],
  [
    'an absolute address',
    raw(`GET http://127.0.0.1:${port}/api/health HTTP/1.1`, HOST, 'Connection: close'),
    'API_BAD_REQUEST',
  ],
  ['1,500 header lines', raw('GET /api/health HTTP/1.1', HOST, 'Connection: close', ...MANY), 'API_HEADERS'],
  ['a header line of 20 kB', raw('GET /api/health HTTP/1.1', HOST, `X: ${'x'.repeat(20_000)}`), 'API_HEADERS'],
  ['400,000 elements', post(`{"value":[${'1,'.repeat(399_999)}1]}`), 'API_JSON_INVALID'],
  [
    'invalid UTF-8',
    post(Buffer.from([...Buffer.from('{"value":"'), 0xff, 0xfe, ...Buffer.from('"}')])),
    'API_JSON_INVALID',
  ],
  ['a byte order mark', post('\ufeff{"value":1}'), 'API_JSON_INVALID'],
  ['NUL in a JSON string', post('{"value":"a\\u0000b"}'), 'API_JSON_INVALID'],
  ['a key that stands twice', post('{"value":1,"value":2}'), 'API_JSON_INVALID'],
  ['a key that stands twice, once escaped', post('{"value":1,"v\\u0061lue":2}'), 'API_JSON_INVALID'],
  ['__proto__', post('{"value":{"__proto__":{"x":1}}}'), 'API_JSON_INVALID'],
  ['__proto__ escaped', post('{"value":{"\\u005f_proto__":{"x":1}}}'), 'API_JSON_INVALID'],
  ['constructor', post('{"value":{"constructor":{"prototype":{"x":1}}}}'), 'API_JSON_INVALID'],
  ['a body above the limit', post(`{"value":"${'x'.repeat(1_000_001)}"}`), 'API_TOO_LARGE'],
  ['no JSON', post('{"value":}'), 'API_JSON_INVALID'],
  ['an empty body', post(''), 'API_JSON_INVALID'],
  ['text/plain', post('{"value":1}', 'Content-Type: text/plain'), 'API_CONTENT_TYPE'],
  ['a form', post('value=1', 'Content-Type: application/x-www-form-urlencoded'), 'API_CONTENT_TYPE'],
  ['multipart', post('--x--', 'Content-Type: multipart/form-data; boundary=x'), 'API_CONTENT_TYPE'],
  ['another charset', post('{"value":1}', 'Content-Type: application/json; charset=utf-16'), 'API_CONTENT_TYPE'],
  [
    'two content types',
    post('{"value":1}', 'Content-Type: application/json', 'Content-Type: text/plain'),
    'API_BAD_REQUEST',
  ],
  ['..%2f on static', get('/assets/..%2f..%2fetc%2fpasswd'), 'API_BAD_REQUEST'],
  ['..%5c on static', get('/assets/..%5c..%5cwindows'), 'API_BAD_REQUEST'],
  ['raw .. on static', get('/assets/../../etc/passwd'), 'API_BAD_REQUEST'],
  ['%00 on static', get('/assets/app-abc.js%00.png'), 'API_BAD_REQUEST'],
  ['an unfinished escape', get('/api/v1/demo/%E0%A4'), 'API_BAD_REQUEST'],
  ['Content-Length and Transfer-Encoding', post('{"value":1}', 'Transfer-Encoding: chunked'), 'API_BAD_REQUEST'],
  ['two lengths', post('{"value":1}', 'Content-Length: 5'), 'API_BAD_REQUEST'],
  ['a negative length', raw('POST /api/v1/demo/echo HTTP/1.1', HOST, 'Content-Length: -5'), 'API_BAD_REQUEST'],
  ['bare LF in the header', `GET /api/health HTTP/1.1\nX: 1\n${HOST}\n\n`, 'API_BAD_REQUEST'],
  ['a folded line', raw('GET /api/health HTTP/1.1', HOST, 'X: a', ' b'), 'API_BAD_REQUEST'],
  ['NUL in a header', raw('GET /api/health HTTP/1.1', HOST, 'X: a\0b'), 'API_BAD_REQUEST'],
  ['a blank before the colon', raw('GET /api/health HTTP/1.1', HOST, 'X : a'), 'API_BAD_REQUEST'],
  ['two keys in two lines', get('/api/v1/demo/header?value=a', 'Authorization: Bearer other'), 'API_BAD_REQUEST'],
  ['two different credentials', get('/api/v1/demo/header?value=a', 'X-Api-Key: other'), 'API_CREDENTIALS_AMBIGUOUS'],
  ['a body on GET', get('/api/v1/demo/header?value=a', 'Content-Length: 2').concat('{}'), 'API_BAD_REQUEST'],
  ['an unknown expectation', raw('GET /api/health HTTP/1.1', HOST, 'Expect: wonders'), 'API_BAD_REQUEST'],
  ['rubbish', '\x16\x03\x01\x02\x00\x01\x00', 'API_BAD_REQUEST'],
]

for (const [name, bytes, code] of CASES) {
  test(`${name} is answered ${code} with all security headers`, async () => {
    const answer = await sendRaw(port, bytes)
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${ERRORS[code].status} `), answer.slice(0, 400))
    assert.equal(codeOf(answer), code === 'API_HOST' ? undefined : code, 'a foreign name is told nothing')
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
  assert.equal(codeOf(foreign), 'API_ORIGIN')
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
  assert.equal(codeOf(answer), 'API_TIMEOUT')
  assert.match(answer, /connection: close/i)
})

test('the time limits of the server are set', () => {
  const { server } = rig.http
  assert.deepEqual(
    [server.headersTimeout, server.requestTimeout, server.keepAliveTimeout, server.maxRequestsPerSocket],
    [10_000, 30_000, 5000, 1000],
  )
})
