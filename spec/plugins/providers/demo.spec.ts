import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import OpenAI from 'openai'
import { MODEL_PATH, tokenKey } from '../../../kernel/contract/index.ts'
import { answerDemo } from '../../../plugins/providers/demo/model.ts'
import { INTERNAL_KEYS } from '../../../plugins/rbac/contract.ts'
import { startProviders } from './start.ts'

const user = (content: unknown) => ({ role: 'user', content })
const never = new AbortController().signal

async function ask(body: Record<string, unknown>): Promise<{ status: number; text: string }> {
  const answer = answerDemo({ model: 'demo', ...body }, never)
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { status: answer.status, text: Buffer.concat(chunks).toString('utf8') }
}

async function say(prompt: string, more: Record<string, unknown> = {}) {
  return JSON.parse((await ask({ messages: [user(prompt)], ...more })).text)
}

/** The demo model behind plain HTTP, so that the official SDK can read its answers. */
async function serveDemo(t: { after(fn: () => void): void }): Promise<OpenAI> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = answerDemo(JSON.parse(Buffer.concat(chunks).toString('utf8')), never)
    response.writeHead(answer.status, answer.headers)
    for await (const chunk of answer.body) response.write(chunk)
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0 })
}

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['c', 'f'] } },
        required: ['city', 'days', 'unit'],
      },
    },
  },
]

test('every answer says that it is the demo model', async () => {
  for (const prompt of ['Say hello in five words.', 'What is 6 * 7?', 'repeat: abc', 'anything else', '']) {
    const body = await say(prompt)
    assert.match(body.choices[0].message.content, /^demo model: /)
    assert.equal(body.model, 'clawnex/demo')
  }
})

test('it understands a few requests', async () => {
  const text = async (prompt: string) => (await say(prompt)).choices[0].message.content.slice('demo model: '.length)
  assert.equal((await text('Say hello in five words.')).split(' ').length, 5)
  assert.equal((await text('say hello in 3 words')).split(' ').length, 3)
  assert.equal(await text('What is 6 * 7?'), '6 * 7 = 42')
  assert.equal(await text('what is 1 / 0?'), 'That has no result.')
  assert.equal(await text('repeat after me: one two'), 'one two')
  assert.match(await text('Tell me about whales'), /^I read 4 words: “Tell me about whales”/)
})

test('the official SDK reads plain answers with usage', async t => {
  const client = await serveDemo(t)
  const answer = await client.chat.completions.create({ model: 'demo', messages: [{ role: 'user', content: 'hello' }] })
  assert.equal(answer.object, 'chat.completion')
  assert.equal(answer.choices[0]?.finish_reason, 'stop')
  assert.equal(answer.usage?.total_tokens, (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0))
})

test('a stream carries the same text as the plain answer, ends with usage when asked', async t => {
  const client = await serveDemo(t)
  const messages = [{ role: 'user' as const, content: 'Say hello in five words.' }]
  const plain = await client.chat.completions.create({ model: 'demo', messages })
  const stream = await client.chat.completions.create({
    model: 'demo',
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let chunks = 0
  let usage: unknown = null
  for await (const chunk of stream) {
    chunks++
    text += chunk.choices[0]?.delta.content ?? ''
    usage = chunk.usage ?? usage
  }
  assert.equal(text, plain.choices[0]?.message.content)
  assert.deepEqual(usage, plain.usage)
  assert.ok(chunks > 5)
})

test('a tool is called when the prompt names it, plain and streamed alike', async t => {
  const client = await serveDemo(t)
  const call = {
    model: 'demo',
    messages: [{ role: 'user' as const, content: 'Use get_weather for 3 days in "Oslo"' }],
    tools,
  }
  const plain = await client.chat.completions.create(call)
  const [tool] = plain.choices[0]?.message.tool_calls ?? []
  assert.equal(plain.choices[0]?.finish_reason, 'tool_calls')
  assert.ok(tool?.type === 'function')
  assert.deepEqual(JSON.parse(tool.function.arguments), { city: 'Oslo', days: 3, unit: 'c' })
  let name = ''
  let streamed = ''
  for await (const chunk of await client.chat.completions.create({ ...call, stream: true })) {
    const part = chunk.choices[0]?.delta.tool_calls?.[0]
    name += part?.function?.name ?? ''
    streamed += part?.function?.arguments ?? ''
  }
  assert.deepEqual([name, streamed], ['get_weather', tool.function.arguments])
})

test('tool choice is respected and a tool result is answered in words', async () => {
  const named = { tools, tool_choice: { type: 'function', function: { name: 'get_weather' } } }
  assert.ok((await say('hello', named)).choices[0].message.tool_calls)
  assert.ok((await say('hello', { tools, tool_choice: 'required' })).choices[0].message.tool_calls)
  assert.equal((await say('use get_weather', { tools, tool_choice: 'none' })).choices[0].message.tool_calls, undefined)
  assert.equal((await say('hello', { tools })).choices[0].message.tool_calls, undefined)
  const after = JSON.parse(
    (await ask({ tools, messages: [user('use get_weather'), { role: 'tool', content: 'sunny' }] })).text,
  )
  assert.match(after.choices[0].message.content, /The tool answered: sunny/)
})

test('a token limit cuts the answer and says so', async () => {
  const body = await say('Tell me about whales', { max_tokens: 5 })
  assert.equal(body.choices[0].finish_reason, 'length')
  assert.ok(body.usage.completion_tokens <= 5)
})

test('what it cannot do is an error in the shape of the dialect', async () => {
  for (const body of [{}, { messages: [] }, { messages: 'x' }, { messages: [null] }, { messages: [user('x')], n: 2 }]) {
    const answer = await ask(body)
    assert.equal(answer.status, 400)
    const { error } = JSON.parse(answer.text)
    assert.equal(error.type, 'invalid_request_error')
    assert.match(error.message, /^demo model: /)
  }
})

test('any call gets a well-formed answer', async () => {
  const content = fc.oneof(
    fc.string(),
    fc.array(fc.record({ type: fc.string(), text: fc.string() }, { noNullPrototype: true })),
    fc.jsonValue(),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string(), content), { minLength: 1 }),
      fc.jsonValue(),
      async (list, extra) => {
        const messages = list.map(([role, text]) => ({ role, content: text }))
        const { status, text } = await ask({ messages, tools: extra, max_tokens: extra, tool_choice: extra })
        assert.equal(status, 200)
        assert.ok(JSON.parse(text).choices[0].message)
      },
    ),
  )
})

test('an aborted stream stops within a chunk', async () => {
  const abort = new AbortController()
  const answer = answerDemo({ stream: true, messages: [user('x '.repeat(200))] }, abort.signal)
  let chunks = 0
  for await (const _ of answer.body) if (++chunks === 2) abort.abort()
  assert.ok(chunks <= 3)
})

test('the guided start sends its samples through the model path and tells what came of them', async t => {
  const seen: { body: string; key: string | undefined }[] = []
  let replies = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    seen.push({ body: Buffer.concat(chunks).toString('utf8'), key: request.headers.authorization })
    replies++
    // The first answer is what a gateway says before it has the snapshot with the internal key.
    if (replies === 1) return response.writeHead(401).end('{}')
    response.setHeader('x-clawnex-call', `call-${replies}`)
    if (replies === 2) return response.end(JSON.stringify({ choices: [{ message: { content: 'demo model: hi' } }] }))
    return response.writeHead(400).end(JSON.stringify({ error: { message: 'stopped', code: 'content_blocked' } }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const services = new Map<string, unknown>([
    [tokenKey(MODEL_PATH), { url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` }],
    [tokenKey(INTERNAL_KEYS), { modelKey: () => 'the-key' }],
  ])
  const { bench } = await startProviders({ services })
  const first = (await bench.call('POST', '/demo-call', { body: { sample: 'first' } })).body
  assert.deepEqual(
    [first.callId, first.status, first.verdict, first.answer, first.error],
    ['call-2', 200, 'allow', 'demo model: hi', null],
  )
  const hostile = (await bench.call('POST', '/demo-call', { body: { sample: 'hostile' } })).body
  assert.deepEqual(
    [hostile.callId, hostile.status, hostile.verdict, hostile.answer, hostile.error],
    ['call-3', 400, 'block', null, 'stopped'],
  )
  assert.ok(seen.every(call => call.key === 'Bearer the-key' && JSON.parse(call.body).model === 'clawnex/demo'))
})

test('without gateway or access the guided start says which is missing', async () => {
  const { bench } = await startProviders()
  await assert.rejects(bench.call('POST', '/demo-call', { body: { sample: 'first' } }), { code: 'API_UNAVAILABLE' })
  const path = await startProviders({
    services: new Map([[tokenKey(MODEL_PATH), { url: () => 'http://127.0.0.1:9' }]]),
  })
  await assert.rejects(path.bench.call('POST', '/demo-call', { body: { sample: 'first' } }), {
    code: 'PLG_SERVICE_ABSENT',
  })
})

test('any call of the messages API gets a well-formed answer', async () => {
  const content = fc.oneof(
    fc.string(),
    fc.array(
      fc.record({ type: fc.constantFrom('text', 'tool_result', 'x'), text: fc.string(), content: fc.jsonValue() }),
    ),
    fc.jsonValue(),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string(), content), { minLength: 1 }),
      fc.jsonValue(),
      fc.boolean(),
      async (list, extra, stream) => {
        const messages = list.map(([role, text]) => ({ role, content: text }))
        const body = { messages, system: extra, tools: extra, tool_choice: extra, max_tokens: 20 }
        const answer = answerDemo(
          { model: 'demo', ...body, stream: stream && list.length === 1 },
          never,
          '/v1/messages',
        )
        const chunks: Uint8Array[] = []
        for await (const chunk of answer.body) chunks.push(chunk)
        const text = Buffer.concat(chunks).toString('utf8')
        assert.equal(answer.status, 200)
        const said = answer.headers['content-type']?.includes('event-stream')
          ? text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n') &&
            /"text":"demo "[\s\S]*"text":"model: "/.test(text)
          : JSON.parse(text).content[0].text.startsWith('demo model: ')
        assert.ok(said, text)
      },
    ),
    { numRuns: 20 },
  )
})
