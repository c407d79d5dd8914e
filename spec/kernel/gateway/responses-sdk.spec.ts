import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { reset, stream } from '../../fixtures/upstream.ts'
import { respond, responseFrames } from '../../fixtures/upstream-responses.ts'
import { BLOCK, type ModelPath, PLACEHOLDER, SECRET, startModelPath } from './model-path.ts'

const MODEL = 'bar/model-1'
const tools: OpenAI.Responses.Tool[] = [
  {
    type: 'function',
    name: 'ls',
    description: 'Lists files',
    strict: true,
    parameters: { type: 'object', properties: {} },
  },
]

function client(path: ModelPath): OpenAI {
  return new OpenAI({ apiKey: path.key, baseURL: `${path.url}/v1`, maxRetries: 2 })
}

test('responses through the official SDK: plain, events, the accumulated stream, redacted alike', async t => {
  const path = await startModelPath(t)
  const sdk = client(path)
  path.upstream.script(
    respond([
      { summary: ['hm'] },
      { text: ['Hello ', `${SECRET.slice(0, 4)}`, `${SECRET.slice(4)} there`], logprobs: true },
    ]),
  )
  const expected = `Hello ${PLACEHOLDER} there`
  const plain = await sdk.responses.create({ model: MODEL, input: 'hi' })
  assert.deepEqual([plain.output_text, plain.usage?.input_tokens], [expected, 11])
  let text = ''
  for await (const event of await sdk.responses.create({ model: MODEL, input: 'hi', stream: true }))
    if (event.type === 'response.output_text.delta') text += event.delta
  assert.equal(text, expected)
  const final = await sdk.responses.stream({ model: MODEL, input: 'hi' }).finalResponse()
  assert.deepEqual([final.output_text, final.status], [expected, 'completed'])
})

test('a turn with a tool call through the official SDK', async t => {
  const path = await startModelPath(t)
  const sdk = client(path)
  path.upstream.script(respond([{ call: 'ls', pieces: ['{"path":', '"."}'] }]))
  const [call] = (await sdk.responses.stream({ model: MODEL, input: 'list', tools }).finalResponse()).output
  assert.ok(call?.type === 'function_call' && call.arguments === '{"path":"."}')
  path.upstream.script(respond([{ text: ['done'] }]))
  const { parsed_arguments: _parsed, ...item } = call as typeof call & { parsed_arguments?: unknown }
  const input = [
    { role: 'user' as const, content: 'list' },
    item,
    { type: 'function_call_output' as const, call_id: call.call_id, output: `a ${SECRET}` },
  ]
  assert.equal((await sdk.responses.create({ model: MODEL, input, tools })).output_text, 'done')
  const sent = path.upstream.received.at(-1)?.json()['input'] as Record<string, unknown>[]
  assert.equal(sent[2]?.['output'], `a ${PLACEHOLDER}`)
})

test('refusals and cuts arrive as the SDK knows them', async t => {
  const path = await startModelPath(t)
  const sdk = client(path)
  for (const flag of [false, true])
    await assert.rejects(
      sdk.responses.create({ model: MODEL, input: BLOCK, stream: flag }),
      (error: InstanceType<typeof OpenAI.BadRequestError>) => {
        assert.ok(error instanceof OpenAI.BadRequestError)
        assert.equal(error.code, 'content_blocked')
        return true
      },
    )
  assert.equal(path.upstream.received.length, 0)

  path.upstream.script(stream(responseFrames([{ text: ['some text ', `${BLOCK} more`] }])))
  const short = await sdk.responses.stream({ model: MODEL, input: 'hi' }).finalResponse()
  assert.deepEqual([short.status, short.incomplete_details?.reason], ['incomplete', 'content_filter'])
  assert.equal(short.output_text, 'some text ')

  for (const script of [
    stream(responseFrames([{ text: ['so far'] }, { call: 'run', pieces: [BLOCK] }])),
    reset(responseFrames([{ text: ['so far'] }]).slice(0, 5)),
  ]) {
    path.upstream.script(script)
    const events = await sdk.responses.create({ model: MODEL, input: 'hi', stream: true })
    const seen: string[] = []
    await assert.rejects(async () => {
      for await (const event of events) seen.push(event.type)
    }, OpenAI.APIError)
    assert.equal(seen.at(-1), 'response.failed')
    assert.ok(!seen.includes('response.function_call_arguments.delta'))
    path.upstream.script(script)
    await assert.rejects(sdk.responses.stream({ model: MODEL, input: 'hi' }).finalResponse())
  }
})
