import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  blockFrames,
  cutBytes,
  json,
  message,
  messageEnd,
  messageStart,
  ping,
  stream,
} from '../../fixtures/upstream.ts'
import { eventsOf, startMessagesPath, tell } from './anthropic-path.ts'
import { BLOCK, PLACEHOLDER, SECRET } from './model-path.ts'

type Kind = 'text' | 'thinking' | 'tool_use' | 'later'

/** How each kind of block begins, and how a piece of it is written. */
const KINDS: Readonly<Record<Kind, { readonly block: object; delta(text: string): object }>> = {
  text: { block: { type: 'text', text: '' }, delta: (text: string) => ({ type: 'text_delta', text }) },
  thinking: {
    block: { type: 'thinking', thinking: '', signature: '' },
    delta: (thinking: string) => ({ type: 'thinking_delta', thinking }),
  },
  tool_use: {
    block: { type: 'tool_use', id: 'toolu_1', name: 'run', input: {} },
    delta: (partial: string) => ({ type: 'input_json_delta', partial_json: partial }),
  },
  later: { block: { type: 'later' }, delta: (later: string) => ({ type: 'later_delta', later }) },
}

const part = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constant(SECRET) },
  { weight: 1, arbitrary: fc.constantFrom(SECRET.slice(0, 11), BLOCK.slice(0, 4), '"', '\\') },
)
const block = fc.record(
  {
    kind: fc.constantFrom<Kind>('text', 'text', 'thinking', 'tool_use', 'later'),
    parts: fc.array(part, { maxLength: 4 }),
    cuts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
  },
  { noNullPrototype: true },
)

function pieces(text: string, sizes: readonly number[]): string[] {
  const found: string[] = []
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    found.push(text.slice(at, at + size))
    at += size
  }
  return found
}

/** What a client puts together for each block. */
function assembled(body: string): string[] {
  const texts: string[] = []
  for (const { index, delta } of eventsOf(body)) {
    if (index === undefined) continue
    const { text, thinking, partial_json: json, later } = delta ?? {}
    texts[index] = (texts[index] ?? '') + (text ?? thinking ?? json ?? later ?? '')
  }
  return texts
}

test('whatever the blocks and however they are cut, what arrives is the answer without its secrets', async t => {
  const path = await startMessagesPath(t)
  await fc.assert(
    fc.asyncProperty(
      fc.array(block, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 }),
      async (blocks, sizes) => {
        const texts = blocks.map(({ parts }) => parts.join(''))
        if (texts.some(text => text.includes(BLOCK))) return
        const frames = blocks.flatMap(({ kind, cuts }, index) => [
          ping,
          ...blockFrames(
            index,
            KINDS[kind].block,
            pieces(texts[index] ?? '', cuts).map(piece => KINDS[kind].delta(piece)),
          ),
        ])
        path.upstream.script(stream(cutBytes([messageStart, ...frames, ...messageEnd()], sizes)))
        const answer = await path.ask(tell('hi', { stream: true }))
        assert.equal(answer.status, 200, answer.text)
        assert.deepEqual(
          assembled(answer.text),
          texts.map(text => text.replaceAll(SECRET, PLACEHOLDER)),
        )
        assert.deepEqual(eventsOf(answer.text).at(-1), { type: 'message_stop' })
        const clean = !texts.some(text => text.includes(SECRET))
        if (clean) assert.equal(answer.text, [messageStart, ...frames, ...messageEnd()].join(''))
        assert.equal(path.records.at(-1)?.verdict, clean ? 'allow' : 'redact')
      },
    ),
    { numRuns: 60 },
  )
})

test('wherever it stands, what must not be shown never arrives, and the stream ends in a known way', async t => {
  const path = await startMessagesPath(t)
  await fc.assert(
    fc.asyncProperty(
      fc.array(block, { minLength: 1, maxLength: 3 }),
      fc.nat({ max: 2 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 }),
      async (blocks, at, sizes) => {
        const bad = at % blocks.length
        const frames = blocks.flatMap(({ kind, parts, cuts }, index) =>
          blockFrames(
            index,
            KINDS[kind].block,
            pieces(parts.join('') + (index === bad ? BLOCK : ''), cuts).map(piece => KINDS[kind].delta(piece)),
          ),
        )
        path.upstream.script(stream(cutBytes([messageStart, ...frames, ...messageEnd()], sizes)))
        const answer = await path.ask(tell('hi', { stream: true }))
        assert.ok(!answer.text.includes(SECRET))
        if (answer.status === 400) return
        assert.ok(!assembled(answer.text).some(text => text.includes(BLOCK)))
        const events = eventsOf(answer.text)
        const hard = events.at(-1)?.type === 'error'
        assert.ok(hard || events.at(-2)?.delta?.['stop_reason'] === 'refusal', answer.text)
        if (hard) return
        const open = events.filter(({ type }) => type === 'content_block_start').length
        assert.equal(events.filter(({ type }) => type === 'content_block_stop').length, open)
        assert.deepEqual(events.at(-1), { type: 'message_stop' })
      },
    ),
    { numRuns: 60 },
  )
})

test('a plain answer of any content arrives without its secrets', async t => {
  const path = await startMessagesPath(t)
  const content = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('text'), text: part }, { noNullPrototype: true }),
      fc.record({ type: fc.constant('thinking'), thinking: part, signature: part }, { noNullPrototype: true }),
      fc.record(
        {
          type: fc.constantFrom('tool_use', 'server_tool_use'),
          id: fc.constant('toolu_1'),
          name: fc.constant('run'),
          input: fc.dictionary(fc.constantFrom('a', 'b'), part, { noNullPrototype: true }),
        },
        { noNullPrototype: true },
      ),
      fc.record({ type: fc.constant('later'), deep: fc.array(part, { maxLength: 3 }) }, { noNullPrototype: true }),
    ),
    { maxLength: 4 },
  )
  await fc.assert(
    fc.asyncProperty(content, async blocks => {
      const text = JSON.stringify(message(blocks))
      path.upstream.script(json(text))
      const answer = await path.ask(tell('hi'))
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.json(), JSON.parse(text.replaceAll(SECRET, PLACEHOLDER)))
      if (!text.includes(SECRET)) assert.equal(answer.text, text)
    }),
    { numRuns: 60 },
  )
})
