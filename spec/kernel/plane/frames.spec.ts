import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createFrameReader, encodeFrame, FrameError, type Message } from '../../../kernel/plane/frames.ts'
import { createUlid } from '../../../kernel/plane/ulid.ts'

const message = fc.record({ t: fc.string(), value: fc.jsonValue() }, { noNullPrototype: true })

/** Cuts the bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...at, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : at[index - 1], end))
}

test('messages come out whole and in order, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, places) => {
      const bytes = Buffer.from(messages.map(item => encodeFrame(item as Message)).join(''))
      const reader = createFrameReader()
      const got = cut(bytes, places).flatMap(chunk => reader.push(chunk))
      assert.deepEqual(got, JSON.parse(JSON.stringify(messages)))
    }),
    { numRuns: 300 },
  )
})

test('a line over the limit is refused before it is whole, one at the limit passes', () => {
  const frame = encodeFrame({ t: 'x', pad: 'y'.repeat(50) })
  assert.equal(createFrameReader(frame.length - 1).push(Buffer.from(frame)).length, 1)
  const reader = createFrameReader(100)
  reader.push(Buffer.from('x'.repeat(100)))
  assert.throws(() => reader.push(Buffer.from('x')), FrameError)
})

test('what is no message is refused', () => {
  for (const text of ['', '{', '[]', 'null', '1', '{"t":1}', '{}', '"t"']) {
    assert.throws(() => createFrameReader().push(Buffer.from(`${text}\n`)), FrameError, text)
  }
})

test('ids ascend inside a millisecond and when the clock steps back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 47 }), { minLength: 2, maxLength: 50 }), times => {
      let index = 0
      const next = createUlid(() => times[Math.min(index++, times.length - 1)] as number)
      const ids = times.map(() => next())
      for (const id of ids) assert.match(id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
      assert.deepEqual([...ids].sort(), ids)
      assert.equal(new Set(ids).size, ids.length)
    }),
  )
})
