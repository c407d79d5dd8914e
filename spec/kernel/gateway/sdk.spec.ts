import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { completion, json, reset, stream, talk, toolFrames } from '../../fixtures/upstream.ts'
import { BLOCK, type ModelPath, startModelPath } from './model-path.ts'

const MESSAGES = [{ role: 'user' as const, content: 'hi' }]
const MODEL = 'bar/model-1'

function client(path: ModelPath, key = path.key): OpenAI {
  return new OpenAI({ apiKey: key, baseURL: `${path.url}/v1`, maxRetries: 2 })
}

test('the official SDK talks plain and streamed', async t => {
  const path = await startModelPath(t)
  path.upstream.script(talk('Hello, how are you?'))
  const sdk = client(path)
  const plain = await sdk.chat.completions.create({ model: MODEL, messages: MESSAGES })
  assert.equal(plain.choices[0]?.message.content, 'Hello, how are you?')
  let text = ''
  let tokens = 0
  const parts = await sdk.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
  for await (const part of parts) {
    text += part.choices[0]?.delta.content ?? ''
    tokens = part.usage?.total_tokens ?? tokens
  }
  assert.equal(text, 'Hello, how are you?')
  assert.equal(tokens, 18)
  assert.deepEqual(
    (await sdk.models.list()).data.map(model => model.id),
    [MODEL],
  )
})

test('the official SDK receives tool calls, plain and streamed', async t => {
  const path = await startModelPath(t)
  const sdk = client(path)
  const call = { id: 'call_1', type: 'function', function: { name: 'ls', arguments: '{"path":"."}' } }
  path.upstream.script(json(completion({ content: null, tool_calls: [call] }, 'tool_calls')))
  const plain = await sdk.chat.completions.create({ model: MODEL, messages: MESSAGES })
  assert.deepEqual(plain.choices[0]?.message.tool_calls, [call])
  path.upstream.script(stream(toolFrames('ls', ['{"path"', ':"."}'])))
  const streamed = await sdk.chat.completions.stream({ model: MODEL, messages: MESSAGES }).finalChatCompletion()
  const [made] = streamed.choices[0]?.message.tool_calls ?? []
  assert.equal(made?.type === 'function' && made.function.arguments, '{"path":"."}')
})

test('refusals arrive as errors the SDK does not retry', async t => {
  const path = await startModelPath(t)
  const sdk = client(path)
  const blocked = { model: MODEL, messages: [{ role: 'user' as const, content: BLOCK }] }
  await assert.rejects(sdk.chat.completions.create(blocked), (error: InstanceType<typeof OpenAI.BadRequestError>) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.equal(error.code, 'content_blocked')
    return true
  })
  await assert.rejects(sdk.chat.completions.create({ ...blocked, stream: true }), OpenAI.BadRequestError)
  await assert.rejects(client(path, 'cnx_wrong').models.list(), OpenAI.AuthenticationError)
  await assert.rejects(sdk.chat.completions.create({ model: 'nobody/x', messages: MESSAGES }), OpenAI.NotFoundError)
  path.set.judges = []
  await assert.rejects(sdk.chat.completions.create({ model: MODEL, messages: MESSAGES }), OpenAI.InternalServerError)
  assert.equal(path.records.length, 4)
  assert.equal(path.upstream.received.length, 0)
})

test('cut streams end as the SDK expects: text early, tool calls and failures with an error', async t => {
  const path = await startModelPath(t)
  const sdk = client(path)
  path.upstream.script(talk(`some text ${BLOCK}`, 10))
  let finish: string | null = null
  for await (const part of await sdk.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true }))
    finish = part.choices[0]?.finish_reason ?? finish
  assert.equal(finish, 'content_filter')
  for (const script of [stream(toolFrames('run', [BLOCK])), reset(toolFrames('run', ['{}']).slice(0, 2))]) {
    path.upstream.script(script)
    const parts = await sdk.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
    await assert.rejects(async () => {
      for await (const part of parts) assert.equal(part.choices[0]?.delta.tool_calls, undefined)
    }, OpenAI.APIError)
  }
})
