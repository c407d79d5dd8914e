import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { isCatalogued } from '../../../kernel/contract/index.ts'
import { createGateway } from '../../../kernel/gateway/index.ts'
import { BLOCK, say, startModelPath } from './model-path.ts'

/** Sends raw bytes and returns the status line and body of the first answer; the empty string when it was just closed. */
function raw(port: number, text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', part => {
      answer += part.toString('latin1')
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', error => (answer ? resolve(answer) : reject(error)))
    socket.setTimeout(1_500, () => socket.destroy())
    socket.write(text)
  })
}

function errorOf(text: string): { code: string; message: string } {
  return (JSON.parse(text) as { error: { code: string; message: string } }).error
}

function head(lines: readonly string[]): string {
  return ['POST /v1/chat/completions HTTP/1.1', ...lines, 'Connection: close', 'Content-Length: 2', '', '{}'].join(
    '\r\n',
  )
}

test('only the own address in one Host line is served', async t => {
  const path = await startModelPath(t)
  for (const host of [
    `127.0.0.1:${path.port}`,
    `localhost:${path.port}`,
    `LOCALHOST:${path.port}`,
    `[::1]:${path.port}`,
  ])
    assert.match(await raw(path.port, head([`Host: ${host}`])), /^HTTP\/1\.1 401 /, host)
  for (const host of [
    'evil.example',
    `evil.example:${path.port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `a@127.0.0.1:${path.port}`,
    `127.0.0.1.:${path.port}`,
    '',
  ])
    assert.match(await raw(path.port, head([`Host: ${host}`])), /^HTTP\/1\.1 421 [\s\S]*"GW_HOST"/, host)
  assert.match(await raw(path.port, head([])), /^HTTP\/1\.1 421 [\s\S]*"GW_HOST"/)
  const own = `Host: 127.0.0.1:${path.port}`
  assert.match(await raw(path.port, head([own, 'Host: evil.example'])), /^HTTP\/1\.1 400 /)
  assert.match(await raw(path.port, head([own, own])), /^HTTP\/1\.1 400 /)
  assert.match(await raw(path.port, head([own, 'Expect: potato'])), /^HTTP\/1\.1 401 [\s\S]*"error"/)
})

test('pages of other origins are refused before anything else', async t => {
  const path = await startModelPath(t)
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://evil.example:${path.port}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ] as Record<string, string>[]) {
    const answer = await path.call(say('hi'), { headers })
    assert.equal(answer.status, 403)
    assert.equal(errorOf(answer.text).code, 'GW_ORIGIN')
    assert.equal((await path.call(undefined, { path: '/health/liveliness', method: 'GET', headers })).status, 403)
  }
  assert.equal((await path.call(say('hi'), { headers: { origin: `http://127.0.0.1:${path.port}` } })).status, 200)
})

test('broken HTTP gets an error in the dialect or a closed connection, never a crash', async t => {
  const path = await startModelPath(t)
  const host = `Host: 127.0.0.1:${path.port}`
  const many = Array.from({ length: 1500 }, (_, at) => `X-${at}: 1`)
  for (const text of [
    'rubbish\r\n\r\n',
    'GET /\r\n\r\n',
    `POST /v1/chat/completions HTTP/1.1\r\n${host}\r\nContent-Length: -1\r\n\r\n`,
    `POST /v1/chat/completions HTTP/1.1\r\n${host}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    `POST /v1/chat/completions HTTP/1.1\r\n${host}\r\nX: a\0b\r\n\r\n`,
    `TRACE /v1/chat/completions HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
    head([host, ...many]),
    head([host, `X: ${'y'.repeat(20_000)}`]),
    `POST http://evil.example/v1/chat/completions HTTP/1.1\r\n${host}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
  ]) {
    const answer = await raw(path.port, text)
    assert.match(answer, /^HTTP\/1\.1 4\d\d |^$/, text.slice(0, 60))
  }
  assert.equal((await path.call(say('hi'))).status, 200)
})

test('a key is needed, in either header, and two different ones are refused', async t => {
  const path = await startModelPath(t)
  const missing = await path.call(say('hi'), { key: null })
  assert.deepEqual([missing.status, errorOf(missing.text).code], [401, 'GW_KEY_MISSING'])
  const wrong = await path.call(say('hi'), { key: 'cnx_wrong' })
  assert.deepEqual([wrong.status, errorOf(wrong.text).code], [401, 'GW_KEY_INVALID'])
  assert.equal((await path.call(say('hi'), { key: null, headers: { 'x-api-key': path.key } })).status, 200)
  assert.equal((await path.call(say('hi'), { headers: { 'x-api-key': path.key } })).status, 200)
  const two = await path.call(say('hi'), { headers: { 'x-api-key': 'cnx_other' } })
  assert.equal(two.status, 400)
  assert.equal((await path.call(say('hi'), { key: null, headers: { authorization: `Basic ${path.key}` } })).status, 401)
  assert.equal(path.records.length, 2)
  assert.equal(path.pins(), 0)
  assert.ok(!path.logged.join('\n').includes(path.key))
})

test('the key of the caller stays here, the key of the provider goes there', async t => {
  const path = await startModelPath(t)
  const extra = { 'x-api-key': path.key, cookie: 'a=b', 'openai-organization': 'org', 'x-forwarded-for': '1.2.3.4' }
  await path.call(say('hi'), { headers: extra })
  const headers = path.upstream.received[0]?.headers ?? {}
  assert.equal(headers.authorization, 'Bearer provider-side')
  assert.equal(headers['openai-organization'], 'org')
  assert.ok(!JSON.stringify(headers).includes(path.key))
  assert.equal(headers.cookie, undefined)
  assert.equal(headers['x-forwarded-for'], undefined)
})

test('other paths are refused, with a record only for a valid key', async t => {
  const path = await startModelPath(t)
  for (const other of [
    '/v1/completions',
    '/v1/responses/resp_1',
    '/v1/responses/compact',
    '/',
    '/v1/chat/completions/',
    '/v1//chat/completions',
  ]) {
    const answer = await path.call(say('hi'), { path: other })
    assert.deepEqual([answer.status, errorOf(answer.text).code], [404, 'GW_PATH'], other)
    assert.equal((await path.call(say('hi'), { path: other, key: null })).status, 401)
  }
  assert.deepEqual(
    path.records.map(record => [record.error, record.action, record.status]),
    Array.from({ length: 6 }, () => ['GW_PATH', 'refused', 404]),
  )
  assert.equal(path.upstream.received.length, 0)
})

test('method, content type, encoding and size are checked', async t => {
  const path = await startModelPath(t, { requestBytes: 2_000 })
  const method = await path.call(undefined, { method: 'GET' })
  assert.deepEqual([method.status, errorOf(method.text).code, method.headers['allow']], [405, 'GW_METHOD', 'POST'])
  for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json; charset=utf-16']) {
    const answer = await path.call(say('hi'), { headers: { 'content-type': type } })
    assert.deepEqual([answer.status, errorOf(answer.text).code], [415, 'GW_CONTENT_TYPE'], type)
  }
  for (const type of ['application/json; charset=utf-8', 'application/x-www-form-urlencoded'])
    assert.equal((await path.call(say('hi'), { headers: { 'content-type': type } })).status, 200, type)
  assert.equal((await path.call(say('hi'), { headers: { 'content-encoding': 'gzip' } })).status, 415)
  const declared = await path.call(say('x'.repeat(3_000)))
  assert.deepEqual([declared.status, errorOf(declared.text).code], [413, 'GW_TOO_LARGE'])
  const chunked = await raw(
    path.port,
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${path.port}\r\nAuthorization: Bearer ${path.key}\r\nTransfer-Encoding: chunked\r\n\r\nbb9\r\n${' '.repeat(3001)}\r\n`,
  )
  assert.match(chunked, /^HTTP\/1\.1 413 /)
  assert.ok(path.records.every(record => record.status === 200 || record.action === 'refused'))
  assert.equal(path.pins(), 0)
})

test('bodies that two parsers could read differently are refused', async t => {
  const path = await startModelPath(t)
  const message = '{"role":"user","content":"hi"}'
  const bodies: Record<string, string | Buffer> = {
    empty: '',
    'not JSON': '{"model":',
    'not an object': '[1]',
    'no model': `{"messages":[${message}]}`,
    'no messages': '{"model":"bar/model-1"}',
    'duplicate top member': `{"model":"bar/model-1","messages":[{"role":"user","content":"${BLOCK}"}],"messages":[${message}]}`,
    'duplicate inner member': `{"model":"bar/model-1","messages":[{"role":"user","content":"${BLOCK}","content":"hi"}]}`,
    'duplicate by escape': `{"model":"bar/model-1","messages":[{"content":"${BLOCK}","\\u0063ontent":"hi"}]}`,
    'two models': `{"model":"bar/model-1","model":"bar/other","messages":[${message}]}`,
    __proto__: `{"model":"bar/model-1","messages":[${message}],"__proto__":{"a":1}}`,
    'inner __proto__': `{"model":"bar/model-1","messages":[{"role":"user","content":"x","\\u005f_proto__":1}]}`,
    'byte order mark': Buffer.from(`\ufeff${JSON.stringify(say('hi'))}`),
    'invalid UTF-8': Buffer.concat([
      Buffer.from('{"model":"bar/model-1","messages":[{"content":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}]}'),
    ]),
    'overlong UTF-8': Buffer.concat([
      Buffer.from('{"model":"bar/model-1","messages":[{"content":"'),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from('"}]}'),
    ]),
    deep: `{"model":"bar/model-1","messages":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`,
  }
  for (const [name, body] of Object.entries(bodies)) {
    const answer = await path.call(body)
    assert.deepEqual([answer.status, errorOf(answer.text).code], [400, 'GW_BODY'], name)
    assert.ok(!answer.text.includes(BLOCK), name)
  }
  assert.equal(path.upstream.received.length, 0)
  assert.equal(path.records.length, Object.keys(bodies).length)
})

test('a model name written with escapes is still exchanged', async t => {
  const path = await startModelPath(t)
  await path.call('{"mod\\u0065l":"bar/model-1","messages":[{"role":"user","content":"hi"}]}')
  await path.call('{"model":"b\\u0061r/model-1","messages":[{"role":"user","content":"hi"}]}')
  assert.deepEqual(
    path.upstream.received.map(received => received.json()['model']),
    ['model-1', 'model-1'],
  )
})

test('models: unknown ones, those a key may not use, and the list a key sees', async t => {
  const path = await startModelPath(t)
  const unknown = await path.call(say('hi', { model: 'nobody/x' }))
  assert.deepEqual([unknown.status, errorOf(unknown.text).code], [404, 'GW_MODEL_UNKNOWN'])
  const list = (await path.call(undefined, { path: '/v1/models', method: 'GET' })).json()
  assert.deepEqual(list['data'], [{ id: 'bar/model-1', object: 'model', created: 0, owned_by: 'bar' }])
  assert.equal((await path.call(undefined, { path: '/v1/models/bar%2Fmodel-1', method: 'GET' })).status, 200)
  assert.equal((await path.call(undefined, { path: '/v1/models/nope', method: 'GET' })).status, 404)
  assert.equal((await path.call(undefined, { path: '/v1/models', method: 'GET', key: null })).status, 401)
  path.set.models = ['bar/other']
  const forbidden = await path.call(say('hi'))
  assert.deepEqual([forbidden.status, errorOf(forbidden.text).code], [403, 'GW_KEY_MODEL'])
  assert.deepEqual((await path.call(undefined, { path: '/v1/models', method: 'GET' })).json()['data'], [])
  path.set.models = ['bar/*']
  assert.equal((await path.call(say('hi'))).status, 200)
  path.set.target = { dialect: 'anthropic' }
  assert.equal((await path.call(say('hi'))).status, 404)
})

test('health is public and says what is missing', async t => {
  const path = await startModelPath(t)
  const ask = (where: string) => path.call(undefined, { path: where, method: 'GET', key: null })
  assert.equal((await ask('/health/liveliness')).status, 200)
  assert.equal((await ask('/health/readiness')).status, 200)
  path.set.judges = []
  path.set.routers = false
  path.set.version = 0
  const answer = await ask('/health/readiness')
  assert.equal(answer.status, 503)
  assert.deepEqual(answer.json()['reasons'], ['no snapshot yet', 'no providers', 'no shield'])
  path.set.kernel = false
  assert.equal((await ask('/health/readiness')).status, 503)
  assert.equal((await ask('/health/liveliness')).status, 200)
})

test('a taken port is told with who holds it', async t => {
  const path = await startModelPath(t)
  const other = createGateway({
    kernel: () => undefined,
    plane: { version: () => 0, accepting: () => true, nextId: () => '', record: () => '' },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    run: { version: '0.0.0' },
  })
  await assert.rejects(other.listen(path.port), (error: Error) => {
    assert.ok(isCatalogued(error) && error.code === 'RUN_PORT_TAKEN')
    assert.match(error.message, /--model-port/)
    return true
  })
  await other.close(0)
})
