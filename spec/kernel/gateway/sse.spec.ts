import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Frame, SseParser } from '../../../kernel/gateway/sse/parser.ts'

const LIMIT = 1024 * 1024

function parse(parts: readonly Buffer[]): { frames: Frame[]; rest: Frame | null } {
  const parser = new SseParser(LIMIT)
  const frames = parts.flatMap(part => parser.feed(part))
  return { frames, rest: parser.end() }
}

function describe({ frames, rest }: ReturnType<typeof parse>): unknown {
  const all = rest ? [...frames, rest] : frames
  return all.map(({ data, rest: other, raw }) => [data, other, raw.toString('hex')])
}

const text = fc.string({ unit: 'binary', maxLength: 12 }).map(value => value.replace(/[\r\n]/g, ''))
const line = fc.oneof(
  text.map(value => `data: ${value}`),
  text.map(value => `data:${value}`),
  text.map(value => `: ${value}`),
  text.map(value => `event: ${value}`),
  text.map(value => `id:${value}`),
  text,
)
const eol = fc.constantFrom('\n', '\r\n', '\r')
const event = fc
  .tuple(
    fc.array(
      line.filter(value => value !== ''),
      { minLength: 1, maxLength: 4 },
    ),
    eol,
  )
  .map(([lines, end]) => `${lines.join(end)}${end}${end}`)
const body = fc
  .tuple(fc.boolean(), fc.array(event, { maxLength: 6 }))
  .map(([mark, events]) => Buffer.from((mark ? '\ufeff' : '') + events.join('')))

test('frames and their bytes do not depend on how a stream was cut', () => {
  fc.assert(
    fc.property(body, fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 30 }), (bytes, sizes) => {
      const parts: Buffer[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = 1 + (sizes[turn % sizes.length] ?? 0)
        parts.push(Buffer.from(bytes.subarray(at, at + size)))
        at += size
      }
      const cut = parse(parts)
      assert.deepEqual(describe(cut), describe(parse([bytes])))
      const whole = Buffer.concat([...cut.frames, ...(cut.rest ? [cut.rest] : [])].map(frame => frame.raw))
      assert.deepEqual(whole, bytes)
    }),
  )
})

test('a frame written the usual way says what it says with other line ends', () => {
  fc.assert(
    fc.property(text, text, fc.boolean(), (name, data, named) => {
      const lines = [...(named ? [`event: ${name}`] : []), `data: ${data}`, '', '']
      const [usual] = parse([Buffer.from(lines.join('\n'))]).frames
      const [other] = parse([Buffer.from(lines.join('\r\n'))]).frames
      assert.deepEqual([usual?.data, usual?.rest, usual?.strange], [other?.data, other?.rest, other?.strange])
      assert.deepEqual(
        [usual?.data, usual?.rest],
        [data, named ? name : ''].map(said => Buffer.from(said).toString()),
      )
    }),
  )
})

test('every line ending, comments, missing spaces, several data lines and a byte order mark are read', () => {
  const { frames, rest } = parse([
    Buffer.from('\ufeffdata:a\r\n\r\n: keep\n\nevent: x\ndata: b\ndata: c\n\ndata: d\r\rdata\n\ndata: half'),
  ])
  assert.deepEqual(
    frames.map(frame => [frame.data, frame.rest]),
    [
      ['a', ''],
      [null, 'keep'],
      ['b\nc', 'x'],
      ['d', ''],
      ['', ''],
    ],
  )
  assert.equal(rest?.data, 'half')
})

test('a frame without end is bounded', () => {
  const parser = new SseParser(1000)
  assert.throws(() => {
    for (let turn = 0; turn < 100; turn++) parser.feed(Buffer.from('data: still going '))
  }, RangeError)
})
