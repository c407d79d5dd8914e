import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, message } from '../../fixtures/upstream.ts'
import { envelopeOf, startMessagesPath, tell } from './anthropic-path.ts'
import { BLOCK, PLACEHOLDER, SECRET } from './model-path.ts'

test('a clean call reaches the provider with its own bytes, the prefix of the model removed', async t => {
  const path = await startMessagesPath(t)
  const body =
    '{ "max_tokens" : 9,"messages":[{"role":"user","content":"Grüße \\u00e9 {\\"model\\":1}"}],\n "model" : "bar/model-1"}'
  const answer = await path.ask(body)
  assert.equal(answer.status, 200)
  const [received] = path.upstream.received
  assert.equal(received?.body.toString(), body.replace('bar/model-1', 'model-1'))
  assert.equal(received?.path, '/v1/messages')
  assert.equal(answer.text, JSON.stringify(message([{ type: 'text', text: 'Hello from the upstream.' }])))
  const [record] = path.records
  assert.deepEqual([record?.dialect, record?.path, record?.verdict], ['anthropic', '/v1/messages', 'allow'])
  assert.deepEqual(record?.tokens, { input: 11, output: 7 })
  assert.equal(record?.unscannedBytes, 0)
})

test('the key of the caller stays here, headers of the dialect pass', async t => {
  const path = await startMessagesPath(t)
  const headers = {
    'anthropic-version': '2099-01-01',
    'anthropic-beta': 'one-2025-01-01,two-2025-02-02',
    'x-litellm-call-id': 'mine',
    'openai-organization': 'org',
    cookie: 'a=b',
  }
  assert.equal((await path.ask(tell('hi'), { headers })).status, 200)
  assert.equal((await path.call(tell('hi'), { path: '/v1/messages' })).status, 200)
  const [first, second] = path.upstream.received
  assert.equal(first?.headers['x-api-key'], 'provider-side')
  assert.equal(first?.headers['anthropic-version'], '2099-01-01')
  assert.equal(first?.headers['anthropic-beta'], headers['anthropic-beta'])
  for (const name of ['authorization', 'x-litellm-call-id', 'openai-organization', 'cookie'])
    assert.equal(first?.headers[name], undefined, name)
  assert.equal(second?.headers['anthropic-version'], '2023-06-01')
  assert.equal(second?.headers.authorization, undefined)
  assert.ok(!JSON.stringify(path.upstream.received.map(entry => entry.rawHeaders)).includes(path.key))
})

test('a key of a provider beside ours is passed over and goes nowhere, two of ours are refused', async t => {
  const path = await startMessagesPath(t)
  for (const headers of [
    { 'x-api-key': path.key, authorization: 'Bearer from-the-environment' },
    { 'x-api-key': 'from-the-environment', authorization: `Bearer ${path.key}` },
  ])
    assert.equal((await path.ask(tell('hi'), { headers })).status, 200)
  assert.ok(!JSON.stringify(path.upstream.received.map(({ rawHeaders }) => rawHeaders)).includes('environment'))
  const two = await path.ask(tell('hi'), { headers: { authorization: 'Bearer cnx_other' } })
  assert.deepEqual([two.status, envelopeOf(two).error['code']], [400, 'GW_BODY'])
  const none = await path.ask(tell('hi'), { headers: { 'x-api-key': 'a', authorization: 'Bearer b' } })
  assert.equal(none.status, 400)
})

test('of the query only the beta switch is kept, whatever the form of the base address', async t => {
  const path = await startMessagesPath(t)
  const bases = [path.upstream.url, path.upstream.url.slice(0, -'/v1'.length), `${path.upstream.url}/sub`]
  for (const baseUrl of bases) {
    path.set.target = { ...path.set.target, baseUrl }
    await path.ask(tell('hi'), { path: `/v1/messages?beta=true&x=${SECRET}` })
    await path.ask(tell('hi'), { path: '/v1/messages?other=1' })
  }
  assert.deepEqual(
    path.upstream.received.map(received => received.path),
    ['/v1/messages?beta=true', '/v1/messages', '/v1/messages?beta=true', '/v1/messages'].concat([
      '/v1/sub/v1/messages?beta=true',
      '/v1/sub/v1/messages',
    ]),
  )
})

test('asking for the size of a call is judged like the call, and its answer passes', async t => {
  const path = await startMessagesPath(t)
  path.upstream.script(json({ input_tokens: 42 }))
  const count = { path: '/v1/messages/count_tokens?beta=true' }
  const answer = await path.ask(tell('hi'), count)
  assert.deepEqual(answer.json(), { input_tokens: 42 })
  assert.equal(path.upstream.received[0]?.path, '/v1/messages/count_tokens?beta=true')
  assert.equal((await path.ask(tell(`my ${SECRET}`), count)).status, 200)
  const sent = path.upstream.received[1]?.json() as { messages: { content: string }[] }
  assert.equal(sent.messages[0]?.content, `my ${PLACEHOLDER}`)
  assert.equal((await path.ask(tell(BLOCK), count)).status, 400)
  assert.equal(path.upstream.received.length, 2)
  assert.deepEqual(
    path.records.map(({ path: at, action, tokens }) => [at, action, tokens]),
    ['forwarded', 'redacted', 'refused'].map(action => ['/v1/messages/count_tokens', action, null]),
  )
  path.upstream.script(json(message([])))
  assert.equal((await path.ask(tell('hi'), count)).status, 502)
})

test('a blocked call never reaches the provider, and the refusal names its call', async t => {
  const path = await startMessagesPath(t)
  for (const body of [tell(`please ${BLOCK}`), tell(`please ${BLOCK}`, { stream: true })]) {
    const answer = await path.ask(body)
    assert.equal(answer.status, 400)
    const { type, error, request_id: id } = envelopeOf(answer)
    assert.deepEqual([type, error['type'], error['code']], ['error', 'invalid_request_error', 'content_blocked'])
    assert.match(String(error['message']), /A marker that blocks/)
    assert.equal(id, answer.headers['x-clawnex-call'])
    assert.equal(answer.headers['x-should-retry'], 'false')
  }
  assert.equal(path.upstream.received.length, 0)
  assert.deepEqual(
    path.records.map(({ verdict, action, error }) => [verdict, action, error]),
    [0, 1].map(() => ['block', 'refused', 'GW_BLOCKED']),
  )
})

test('every refusal comes in the envelope of the dialect with a fitting type', async t => {
  const path = await startMessagesPath(t, { requestBytes: 2_000 })
  const cases: [number, string, string, () => ReturnType<typeof path.ask>][] = [
    [401, 'authentication_error', 'GW_KEY_MISSING', () => path.call(tell('hi'), { path: '/v1/messages', key: null })],
    [401, 'authentication_error', 'GW_KEY_INVALID', () => path.ask(tell('hi'), { headers: { 'x-api-key': 'cnx_no' } })],
    [400, 'invalid_request_error', 'GW_BODY', () => path.ask('{')],
    [400, 'invalid_request_error', 'GW_BODY', () => path.ask({ model: 'bar/model-1', max_tokens: 1 })],
    [413, 'request_too_large', 'GW_TOO_LARGE', () => path.ask(tell('x'.repeat(3_000)))],
    [404, 'not_found_error', 'GW_MODEL_UNKNOWN', () => path.ask({ ...tell('hi'), model: 'nobody/x' })],
    [404, 'not_found_error', 'GW_PATH', () => path.ask(tell('hi'), { path: '/v1/messages/batches' })],
    [404, 'not_found_error', 'GW_PATH', () => path.ask(tell('hi'), { path: '/v1/files' })],
    [405, 'invalid_request_error', 'GW_METHOD', () => path.ask(undefined, { method: 'GET' })],
    [415, 'invalid_request_error', 'GW_CONTENT_TYPE', () => path.ask('x', { headers: { 'content-type': 'text/x' } })],
  ]
  for (const [status, type, code, run] of cases) {
    const answer = await run()
    const told = envelopeOf(answer)
    assert.deepEqual([answer.status, told.type, told.error['type'], told.error['code']], [status, 'error', type, code])
    assert.ok(String(told.error['message']).length > 20)
  }
  path.set.models = ['other/*']
  assert.equal(envelopeOf(await path.ask(tell('hi'))).error['type'], 'permission_error')
  path.set.models = null
  path.set.accepting = false
  assert.equal(envelopeOf(await path.ask(tell('hi'))).error['type'], 'overloaded_error')
  path.set.accepting = true
  path.set.judges = []
  assert.equal(envelopeOf(await path.ask(tell('hi'))).error['code'], 'GW_SCANNER')
  assert.equal(path.upstream.received.length, 0)
})

test('a provider of another dialect is named in the refusal, in both directions', async t => {
  const path = await startMessagesPath(t)
  const openai = await path.call(tell('hi'))
  assert.equal(openai.status, 404)
  assert.match(openai.text, /GW_MODEL_UNKNOWN/)
  assert.match(openai.text, /"bar\\" speaks the Anthropic dialect; call it with POST \/v1\/messages/)
  path.set.target = { dialect: 'openai' }
  const anthropic = await path.ask(tell('hi'))
  assert.equal(anthropic.status, 404)
  assert.match(anthropic.text, /"bar\\" speaks the OpenAI dialect; call it with POST \/v1\/chat\/completions/)
  assert.equal(path.upstream.received.length, 0)
})

test('models are listed in the shape of the client that asks', async t => {
  const path = await startMessagesPath(t)
  const model = { type: 'model', id: 'bar/model-1', display_name: 'bar/model-1', created_at: '1970-01-01T00:00:00Z' }
  const list = await path.ask(undefined, { path: '/v1/models', method: 'GET' })
  assert.deepEqual(list.json(), { data: [model], has_more: false, first_id: model.id, last_id: model.id })
  const one = await path.ask(undefined, { path: '/v1/models/bar%2Fmodel-1', method: 'GET' })
  assert.deepEqual(one.json(), model)
  assert.equal((await path.ask(undefined, { path: '/v1/models/bar%2Fx', method: 'GET' })).status, 404)
  const openai = await path.call(undefined, { path: '/v1/models', method: 'GET' })
  assert.equal(openai.json()['object'], 'list')
})

test('an error of the provider passes with its status and its headers', async t => {
  const path = await startMessagesPath(t)
  const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' }
  const headers = { 'request-id': 'req_1', 'anthropic-ratelimit-requests-remaining': '3', 'set-cookie': 'a=b' }
  path.upstream.script(json(body, 529, headers))
  for (const ask of [tell('hi'), tell('hi', { stream: true })]) {
    const answer = await path.ask(ask)
    assert.equal(answer.status, 529)
    assert.deepEqual(answer.json(), body)
    assert.equal(answer.headers['request-id'], 'req_1')
    assert.equal(answer.headers['anthropic-ratelimit-requests-remaining'], '3')
    assert.equal(answer.headers['set-cookie'], undefined)
  }
  assert.equal(path.records[0]?.status, 529)
})

test('secrets in every kind of block of an answer are cut out, all else unchanged', async t => {
  const path = await startMessagesPath(t)
  const content = (text: string) => [
    { type: 'thinking', thinking: `hm ${text}`, signature: 'c2ln' },
    {
      type: 'text',
      text: `so ${text}.`,
      citations: [{ type: 'char_location', cited_text: `as ${text}`, document_index: 0 }],
    },
    { type: 'tool_use', id: 'toolu_1', name: 'run', input: { deep: [`"quoted" ${text}`], n: 1.5 } },
    { type: 'web_search_tool_result', tool_use_id: 's', content: [{ type: 'web_search_result', title: text }] },
    { type: 'later_block', later: { text } },
  ]
  path.upstream.script(json(message(content(SECRET))))
  const answer = await path.ask(tell('hi'))
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json()['content'], content(PLACEHOLDER))
  assert.equal(path.records[0]?.action, 'redacted')
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('a dangerous tool call in an answer becomes a refusal, and is on record with its name', async t => {
  const path = await startMessagesPath(t)
  for (const type of ['tool_use', 'server_tool_use', 'mcp_tool_use', 'later_tool']) {
    path.upstream.script(json(message([{ type, id: 'toolu_1', name: 'run', input: { command: BLOCK } }], 'tool_use')))
    const answer = await path.ask(tell('hi'))
    assert.equal(answer.status, 400, type)
    assert.equal(envelopeOf(answer).error['code'], 'content_blocked')
    const text = path.records.at(-1)?.texts?.find(({ direction }) => direction === 'outbound')
    assert.deepEqual([text?.origin, text?.tool, text?.text], ['tool_call', 'run', `{"command":"${BLOCK}"}`])
  }
})

test('what is no message does not pass as one', async t => {
  const path = await startMessagesPath(t)
  for (const body of ['<html>', '[]', '{}', '{"content":"x"}', JSON.stringify({ input_tokens: 4 })])
    for (const status of [200, 500]) {
      path.upstream.script(json(body, status))
      const answer = await path.ask(tell('hi'))
      assert.deepEqual([answer.status, envelopeOf(answer).error['type']], [502, 'api_error'], body)
    }
})
