import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import OpenAI from 'openai'
import { answerDemo } from '../../../plugins/providers/demo/model.ts'

const never = new AbortController().signal
const MODEL = 'clawnex/demo'

async function ask(body: Record<string, unknown>, path = '/v1/responses'): Promise<{ status: number; text: string }> {
  const answer = answerDemo({ model: 'demo', ...body }, never, path)
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  return { status: answer.status, text: Buffer.concat(chunks).toString('utf8') }
}

/** The demo model behind plain HTTP, so that the official SDK can read its answers. */
async function serveDemo(t: { after(fn: () => void): void }): Promise<OpenAI> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = answerDemo(JSON.parse(Buffer.concat(chunks).toString('utf8')), never, request.url ?? '')
    response.writeHead(answer.status, answer.headers)
    for await (const chunk of answer.body) response.write(chunk)
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0 })
}

const tools: OpenAI.Responses.Tool[] = [
  {
    type: 'function',
    name: 'get_weather',
    strict: null,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
]

test('the official SDK reads plain and streamed responses of the demo model', async t => {
  const sdk = await serveDemo(t)
  const plain = await sdk.responses.create({ model: MODEL, input: 'Say hello in five words.', instructions: 'be kind' })
  assert.match(plain.output_text, /^demo model: Hello from your local shield\.$/)
  assert.ok((plain.usage?.output_tokens ?? 0) > 0)
  const streamed = await sdk.responses.stream({ model: MODEL, input: 'Say hello in five words.' }).finalResponse()
  assert.equal(streamed.output_text, plain.output_text)
  assert.equal(streamed.status, 'completed')
  const items = await sdk.responses.create({
    model: MODEL,
    input: [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'an answer' },
      { role: 'user', content: [{ type: 'input_text', text: 'What is 6 * 7?' }] },
    ],
  })
  assert.match(items.output_text, /= 42/)
})

test('a tool is called when the prompt names it, and its result is answered in words', async t => {
  const sdk = await serveDemo(t)
  const request = { model: MODEL, input: 'Use get_weather for "Ulm".', tools }
  const [call] = (await sdk.responses.create(request)).output
  assert.ok(call?.type === 'function_call')
  assert.deepEqual([call.name, JSON.parse(call.arguments)], ['get_weather', { city: 'Ulm' }])
  const [streamed] = (await sdk.responses.stream(request).finalResponse()).output
  assert.ok(streamed?.type === 'function_call' && streamed.arguments === call.arguments)
  const answer = await sdk.responses.create({
    model: MODEL,
    tools,
    input: [
      { role: 'user', content: request.input },
      call,
      { type: 'function_call_output', call_id: call.call_id, output: 'sunny' },
    ],
  })
  assert.match(answer.output_text, /The tool answered: sunny/)
  assert.equal((await sdk.responses.create({ ...request, tool_choice: 'none' })).output[0]?.type, 'message')
})

test('a token limit ends the response as incomplete', async t => {
  const sdk = await serveDemo(t)
  const request = { model: MODEL, input: 'Tell me about whales', max_output_tokens: 5 }
  const plain = await sdk.responses.create(request)
  assert.deepEqual([plain.status, plain.incomplete_details?.reason], ['incomplete', 'max_output_tokens'])
  assert.equal((await sdk.responses.stream(request).finalResponse()).status, 'incomplete')
})

test('what it cannot do is an error in the shape of the dialect', async () => {
  const calls: [Record<string, unknown>, string][] = [
    [{}, '/v1/responses'],
    [{ input: [] }, '/v1/responses'],
    [{ input: [null] }, '/v1/responses'],
    [{ input: 'x', previous_response_id: 'resp_1' }, '/v1/responses'],
    [{ input: 'x', background: true }, '/v1/responses'],
    [{ input: 'x' }, '/v1/embeddings'],
  ]
  for (const [body, path] of calls) {
    const answer = await ask(body, path)
    assert.equal(answer.status, 400)
    const { error } = JSON.parse(answer.text)
    assert.equal(error.type, 'invalid_request_error')
    assert.match(error.message, /^demo model: /)
  }
})

test('any call gets a well-formed response', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }),
      fc.jsonValue(),
      async (input, extra) => {
        const { status, text } = await ask({
          input,
          tools: extra,
          max_output_tokens: extra,
          tool_choice: extra,
          instructions: extra,
        })
        assert.equal(status, 200)
        assert.equal(JSON.parse(text).object, 'response')
      },
    ),
  )
})
