import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ago, bytes, count, micros, money, ms, num, shortId, span, when } from '../../ui/sdk/format.ts'

/** Non-breaking spaces of both widths read as one plain space here. */
const plain = (text: string): string => text.replace(/[\u202f\u00a0]/g, ' ')

describe('formatters', () => {
  test('numbers are grouped by thin spaces and keep no trailing zeros', () => {
    assert.equal(num(18412), '18\u202f412')
    assert.equal(plain(num(1234567.25, 2)), '1 234 567.25')
    assert.equal(num(3, 2), '3')
    assert.equal(num(-3), '−3')
    assert.equal(num(-0.001, 1), '0')
    assert.equal(num(999), '999')
  })

  test('grouping never changes the digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), value => {
        assert.equal(num(value).replaceAll('\u202f', ''), String(value))
      }),
    )
  })

  test('a count agrees with its noun', () => {
    assert.equal(count(1, 'call'), '1 call')
    assert.equal(count(0, 'call'), '0 calls')
    assert.equal(count(2, 'reply', 'replies'), '2 replies')
  })

  test('durations choose the unit a person would', () => {
    assert.deepEqual(
      [0, 0.01, 0.21, 9.4, 12.3, 999.4, 999.6, 1900, 59_940, 240_000].map(value => plain(ms(value))),
      ['0 ms', '< 0.1 ms', '0.2 ms', '9.4 ms', '12 ms', '999 ms', '1 s', '1.9 s', '59.9 s', '4 min'],
    )
    assert.equal(plain(micros(2.7)), '2.7 µs')
    assert.equal(plain(micros(2700)), '2.7 ms')
  })

  test('sizes stay below four digits', () => {
    assert.deepEqual(
      [0, 812, 38_000, 999_600, 1_400_000].map(value => plain(bytes(value))),
      ['0 B', '812 B', '38 kB', '1 MB', '1.4 MB'],
    )
  })

  test('money shows small amounts to four places, and unknown is a word', () => {
    const usd = (value: number): string => plain(money({ micros: value, currency: 'USD' }))
    assert.equal(usd(12_100), '$0.0121')
    assert.equal(usd(0), '$0.00')
    assert.equal(usd(41_860_000), '$41.86')
    assert.equal(usd(1_999_999_000), '$2 000.00')
    assert.equal(usd(-2_100_000), '−$2.10')
    assert.equal(plain(money({ micros: 12_000_000, currency: 'CHF' })), '12.00 CHF')
    assert.equal(money(null), 'unknown')
  })

  test('money never differs from the amount by more than half of its last place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), value => {
        const text = money({ micros: value, currency: 'USD' })
        const shown = Number(text.replace(/[$\u202f]/g, ''))
        assert.ok(Math.abs(shown - value / 1e6) <= (value < 1e6 ? 0.00005 : 0.005) + 1e-9, `${value} ${text}`)
      }),
    )
  })

  test('relative times say the largest whole unit', () => {
    assert.deepEqual(
      [0, 999, 1000, 59_000, 60_000, 7_199_000, 86_400_000].map(value => plain(span(value))),
      ['now', 'now', '1 s', '59 s', '1 min', '1 h', '1 d'],
    )
    assert.equal(plain(ago(5_000, 8_000)), '3 s ago')
    assert.equal(ago(9_000, 8_000), 'just now')
  })

  test('a column shows the time today, the day this year, and the year before', () => {
    const now = new Date(2026, 10, 19, 14, 32, 6).getTime()
    assert.equal(when(new Date(2026, 10, 19, 9, 5).getTime(), now), '09:05')
    assert.equal(plain(when(new Date(2026, 10, 3).getTime(), now)), '3 Nov')
    assert.equal(plain(when(new Date(2025, 11, 31).getTime(), now)), '31 Dec 2025')
  })

  test('long ids lose their middle, short ones nothing', () => {
    assert.equal(shortId('01JDABCDEFGHJKMNPQRSTVWXYZ'), '01JDAB…WXYZ')
    assert.equal(shortId('plugin:shield'), 'plugin:shield')
  })
})
