import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cutAtHits, type Hit } from '../../ui/kit/turn.tsx'

const hit = (start: number, end: number, ref = 1): Hit => ({ start, end, ref, severity: 'high' })

describe('marks in a text', () => {
  test('cuts at each finding and keeps what is between', () => {
    assert.deepEqual(
      cutAtHits('read the key now', [hit(9, 12)]).map(({ text, hit: found }) => [text, found !== null]),
      [
        ['read the ', false],
        ['key', true],
        [' now', false],
      ],
    )
  })

  test('whatever the offsets, no character is lost, doubled or moved', () => {
    const offset = fc.integer({ min: -5, max: 60 })
    const hits = fc.array(fc.tuple(offset, offset).map(([start, end], index = 0) => hit(start, end, index)))
    fc.assert(
      fc.property(fc.string({ maxLength: 50 }), hits, (text, found) => {
        const joined = cutAtHits(text, found)
          .map(piece => piece.text)
          .join('')
        assert.equal(joined, text)
      }),
    )
  })
})
