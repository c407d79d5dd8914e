import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutBytes, json, stream } from '../../fixtures/upstream.ts'
import { eventFrame, response, responseEvents, responseFrames } from '../../fixtures/upstream-responses.ts'
import { BLOCK, type ModelPath, SECRET, startModelPath } from './model-path.ts'

type Value = Record<string, unknown>

const TYPES = [
  'response.in_progress',
  'response.output_item.added',
  'response.output_item.done',
  'response.content_part.added',
  'response.content_part.done',
  'response.output_text.done',
  'response.refusal.done',
  'response.reasoning_summary_part.done',
  'response.reasoning_summary_text.done',
  'response.function_call_arguments.done',
  'response.custom_tool_call_input.done',
  'response.mcp_call_arguments.done',
  'response.shell_call_command.done',
  'response.output_text.annotation.added',
  'response.later.delta',
  'response.later.happened',
  'later',
]
const ITEM_TYPES = [
  'message',
  'reasoning',
  'function_call',
  'custom_tool_call',
  'mcp_call',
  'local_shell_call',
  'web_search_call',
  'image_generation_call',
  'later_item',
]

/** Values of the layout a client expects, with `word` at some place a client might look. */
function valueWith(word: string): fc.Arbitrary<unknown> {
  const text = fc.constantFrom('', 'a', 'fine', word)
  const part = fc.record(
    {
      type: fc.constantFrom('output_text', 'refusal', 'summary_text', 'later'),
      text,
      refusal: text,
      annotations: fc.array(fc.record({ url: text })),
    },
    { noNullPrototype: true, requiredKeys: ['type'] },
  )
  return fc.oneof(
    text,
    part,
    fc.array(part, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('cmd', 'deep', word), text),
    fc.constant(null),
  )
}

function itemWith(word: string): fc.Arbitrary<Value> {
  const value = valueWith(word)
  return fc.record(
    {
      type: fc.constantFrom(...ITEM_TYPES),
      id: fc.constantFrom('item_0', 'item_1', word),
      name: fc.constantFrom('ls', word),
      content: value,
      summary: value,
      arguments: value,
      input: value,
      action: value,
      output: value,
      result: value,
    },
    { noNullPrototype: true, requiredKeys: ['type'] },
  ) as fc.Arbitrary<Value>
}

function eventWith(word: string): fc.Arbitrary<Value> {
  const value = valueWith(word)
  const item = itemWith(word)
  return fc.record(
    {
      type: fc.constantFrom(...TYPES),
      item,
      part: value,
      text: value,
      refusal: value,
      delta: value,
      arguments: value,
      input: value,
      command: value,
      annotation: value,
      item_id: fc.constantFrom('item_0', 'item_1'),
      output_index: fc.constantFrom(0, 1),
      content_index: fc.constantFrom(0, 1),
      logprobs: fc.array(fc.record({ token: fc.constantFrom('a', word) }), { maxLength: 2 }),
      response: fc.record({
        id: fc.constantFrom('resp_fixture', word),
        output: fc.array(item, { maxLength: 2 }),
        instructions: value,
      }),
    },
    { noNullPrototype: true, requiredKeys: ['type'] },
  ) as fc.Arbitrary<Value>
}

function ask(path: ModelPath, more: Value = { stream: true }) {
  return path.call({ model: 'bar/model-1', input: 'hi', ...more }, { path: '/v1/responses' })
}

function framesAround(events: readonly Value[]): string[] {
  const frames = responseFrames([{ text: ['x'] }])
  return [...frames.slice(0, 2), ...events.map(eventFrame), ...frames.slice(2)]
}

test('whatever events come in whatever order, nothing that was found is shown', async t => {
  const path = await startModelPath(t)
  for (const word of [SECRET, BLOCK])
    await fc.assert(
      fc.asyncProperty(fc.array(eventWith(word), { maxLength: 6 }), async events => {
        path.upstream.script(stream([framesAround(events).join('')]))
        const answer = await ask(path)
        assert.ok(!answer.text.includes(word), answer.text)
        assert.ok(!JSON.stringify(path.records.at(-1)?.texts).includes(word === SECRET ? word : 'never'))
        assert.equal(path.records.at(-1)?.unscannedBytes, 0)
      }),
      { numRuns: 250 },
    )
})

test('whatever a plain response holds, nothing that was found is shown', async t => {
  const path = await startModelPath(t)
  for (const word of [SECRET, BLOCK])
    await fc.assert(
      fc.asyncProperty(fc.array(itemWith(word), { maxLength: 4 }), valueWith(word), async (output, extra) => {
        path.upstream.script(json(response([], { output, instructions: extra, later: extra })))
        const answer = await ask(path, {})
        assert.ok(answer.status === 200 || answer.status === 400)
        assert.ok(!answer.text.includes(word), answer.text)
      }),
      { numRuns: 250 },
    )
})

test('whatever clean events come, they pass as they are or end the answer with an error', async t => {
  const path = await startModelPath(t)
  let whole = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(eventWith('clean'), { maxLength: 4 }),
      fc.integer({ min: 1, max: 400 }),
      async (events, size) => {
        const frames = framesAround(events)
        path.upstream.script(stream(cutBytes(frames, [size])))
        const { text, status } = await ask(path)
        if (text === frames.join('')) whole++
        else assert.ok(status === 502 || text.includes('GW_UPSTREAM_BROKEN'), text)
      },
    ),
    { numRuns: 150 },
  )
  assert.ok(whole > 75, `${whole} of 150 passed whole`)
})

test('what is cut out does not depend on how the stream is cut into pieces', async t => {
  const path = await startModelPath(t)
  const piece = fc.constantFrom('SECRET', 'SEC', 'RET', ' ', 'x', 'SECRETSECRETSECRET')
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
      async (pieces, cuts) => {
        const frames = responseEvents([{ text: pieces }, { call: 'ls', pieces }]).map(eventFrame)
        const answers: string[] = []
        for (const parts of [[frames.join('')], cutBytes(frames, cuts)]) {
          path.upstream.script(stream(parts))
          answers.push((await ask(path)).text)
        }
        assert.equal(answers[0], answers[1])
        assert.ok(!answers[0]?.includes(SECRET))
      },
    ),
    { numRuns: 60 },
  )
})
