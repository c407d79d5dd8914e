import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OpenAiReader } from '../../../kernel/gateway/openai/reader.ts'
import { SseParser } from '../../../kernel/gateway/sse/parser.ts'

const DEPTH = 64
const CLEARED = new Set(['x', 'm', 'chat.completion.chunk'])

/** What a reader says about data, with the holder replaced by what rewriting through it does. */
function read(reader: OpenAiReader, data: string): unknown {
  const [frame] = new SseParser(1_000_000).feed(Buffer.from(`data: ${data}\n\n`))
  if (!frame) return null
  try {
    const { value, segments, completed, usage, kind, faithful } = reader.frame(frame)
    const [first] = segments
    if (first?.holder) first.holder[first.key] = 'rewritten'
    const said = segments.map(({ channel, kind: of, text, key }) => [channel, of, text, key])
    return { said, completed, usage, kind, faithful, value: first ? value : null }
  } catch (error) {
    return String(error)
  }
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', ',', ':', 'content', 'x', '"', '\\', '\n', '","content":"BAD', '"},"finish_reason":null},{"'),
)
const written = text.map(value => JSON.stringify(value).slice(1, -1))
/** Mostly the frame of a stream, its text put in as it is or escaped, around it now and then something else. */
const data = fc
  .tuple(
    fc.oneof(text, written),
    fc.constantFrom('content', 'content', 'content', 'reasoning_content', 'refusal', 'cont\\u0065nt'),
    fc.constantFrom(0, 0, 0, 1),
    fc.constantFrom('null', 'null', 'null', '"stop"', '"x"'),
  )
  .map(
    ([said, key, index, finish]) =>
      `{"id":"x","object":"chat.completion.chunk","model":"m","choices":[{"index":${index},"delta":{"${key}":"${said}"},"finish_reason":${finish}}]}`,
  )

test('a frame read by a template says what parsing it says', () => {
  fc.assert(
    fc.property(fc.array(data, { minLength: 2, maxLength: 12 }), frames => {
      const reader = new OpenAiReader(DEPTH, CLEARED)
      for (const frame of frames)
        assert.deepEqual(read(reader, frame), read(new OpenAiReader(DEPTH, CLEARED), frame), frame)
    }),
    { numRuns: 400 },
  )
})
