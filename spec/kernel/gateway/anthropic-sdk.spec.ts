import assert from 'node:assert/strict'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { converse, json, message, messageEnd, messageStart, reset, stream, toolBlock } from '../../fixtures/upstream.ts'
import { type MessagesPath, startMessagesPath } from './anthropic-path.ts'
import { BLOCK } from './model-path.ts'

const CALL = { model: 'bar/model-1', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] }

function client(path: MessagesPath, apiKey = path.key): Anthropic {
  return new Anthropic({ apiKey, authToken: null, baseURL: path.url, maxRetries: 2 })
}

test('the official SDK talks plain and streamed, with either way to carry the key', async t => {
  const path = await startMessagesPath(t)
  path.upstream.script(converse('Hello, how are you?'))
  const bearer = new Anthropic({ apiKey: null, authToken: path.key, baseURL: path.url, maxRetries: 0 })
  for (const sdk of [client(path), bearer]) {
    const plain = await sdk.messages.create(CALL)
    assert.deepEqual(plain.content, [{ type: 'text', text: 'Hello, how are you?' }])
    const running = sdk.messages.stream(CALL)
    let text = ''
    running.on('text', piece => {
      text += piece
    })
    const final = await running.finalMessage()
    assert.equal(text, 'Hello, how are you?')
    assert.deepEqual([final.stop_reason, final.usage.input_tokens, final.usage.output_tokens], ['end_turn', 5, 7])
  }
  const models = await client(path).models.list()
  assert.deepEqual(
    models.data.map(({ id }) => id),
    ['bar/model-1'],
  )
  assert.equal((await client(path).models.retrieve('bar/model-1')).display_name, 'bar/model-1')
})

test('the official SDK receives tool calls, plain and streamed, and counts tokens', async t => {
  const path = await startMessagesPath(t)
  const sdk = client(path)
  const call = { type: 'tool_use', id: 'toolu_fixture0', name: 'ls', input: { path: '.' } }
  path.upstream.script(json(message([call], 'tool_use')))
  assert.deepEqual((await sdk.messages.create(CALL)).content, [call])
  path.upstream.script(stream([messageStart, ...toolBlock(0, 'ls', ['{"path"', ':"."}']), ...messageEnd('tool_use')]))
  const streamed = await sdk.messages.stream(CALL).finalMessage()
  assert.deepEqual(streamed.content, [call])
  assert.equal(streamed.stop_reason, 'tool_use')
  path.upstream.script(json({ input_tokens: 12 }))
  const { max_tokens: _limit, ...count } = CALL
  assert.deepEqual(await sdk.messages.countTokens(count), { input_tokens: 12 })
})

test('the beta interface of the official SDK keeps its switch and its headers', async t => {
  const path = await startMessagesPath(t)
  const betas = ['context-management-2025-06-27']
  await client(path).beta.messages.create({ ...CALL, betas }, { query: { beta: 'true' } })
  const [received] = path.upstream.received
  assert.equal(received?.path, '/v1/messages?beta=true')
  assert.equal(received?.headers['anthropic-beta'], betas[0])
})

test('refusals arrive as the error classes of the SDK and are not retried', async t => {
  const path = await startMessagesPath(t)
  const sdk = client(path)
  const blocked = { ...CALL, messages: [{ role: 'user' as const, content: BLOCK }] }
  await assert.rejects(sdk.messages.create(blocked), (error: unknown) => {
    assert.ok(error instanceof Anthropic.BadRequestError)
    assert.match(error.message, /stopped by ClawNex: A marker that blocks/)
    return true
  })
  await assert.rejects(sdk.messages.stream(blocked).finalMessage(), Anthropic.BadRequestError)
  await assert.rejects(client(path, 'cnx_wrong').models.list(), Anthropic.AuthenticationError)
  await assert.rejects(sdk.messages.create({ ...CALL, model: 'nobody/x' }), Anthropic.NotFoundError)
  path.set.models = ['other/*']
  await assert.rejects(sdk.messages.create(CALL), Anthropic.PermissionDeniedError)
  path.set.models = null
  path.set.judges = []
  await assert.rejects(sdk.messages.create(CALL), Anthropic.InternalServerError)
  assert.equal(path.records.length, 5)
  assert.equal(path.upstream.received.length, 0)
})

test('cut streams end as the SDK expects: text early, tool calls and failures with an error', async t => {
  const path = await startMessagesPath(t)
  const sdk = client(path)
  path.upstream.script(converse(`some text ${BLOCK}`, 10))
  const cut = await sdk.messages.stream(CALL).finalMessage()
  assert.equal(cut.stop_reason, 'refusal')
  assert.deepEqual(cut.content, [{ type: 'text', text: 'some text ' }])
  const tool = [messageStart, ...toolBlock(0, 'run', [BLOCK]), ...messageEnd('tool_use')]
  for (const script of [stream(tool, { delayMs: 2 }), reset(tool.slice(0, 3))]) {
    path.upstream.script(script)
    const running = sdk.messages.stream(CALL)
    running.on('streamEvent', event => assert.notEqual(event.type, 'content_block_start'))
    await assert.rejects(running.finalMessage(), Anthropic.APIError)
  }
})
