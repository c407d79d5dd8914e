import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TrafficItem } from '../../../plugins/traffic/contract.ts'
import { append, EMPTY_LIST, receive, showWaiting } from '../../../plugins/traffic/ui/live.ts'
import { plotBars } from '../../../plugins/traffic/ui/plot.ts'
import { cutText } from '../../../plugins/traffic/ui/segments.ts'
import { headline, unspent } from '../../../plugins/traffic/ui/words.ts'

const item = (at: number) => ({ id: `c${String(at).padStart(6, '0')}`, at }) as TrafficItem
const ids = (items: readonly TrafficItem[]) => items.map(entry => entry.at)

const page = (items: readonly TrafficItem[], next: string | null = null) => ({ items, next })

test('new calls wait while someone reads and are shown at once otherwise', () => {
  let list = receive(EMPTY_LIST, page([item(2), item(1)]), true)
  list = receive(list, page([item(3), item(2)]), true)
  list = receive(list, page([item(4), item(3), item(2)]), true)
  assert.deepEqual(
    [ids(list.shown), ids(list.waiting)],
    [
      [2, 1],
      [4, 3],
    ],
  )
  list = showWaiting(list)
  assert.deepEqual([ids(list.shown), ids(list.waiting)], [[4, 3, 2, 1], []])
  list = receive(list, page([item(5), item(4)]), false)
  assert.deepEqual(ids(list.shown), [5, 4, 3, 2, 1])
  list = append(list, page([item(1), item(0)], 'more'))
  assert.deepEqual([ids(list.shown), list.next], [[5, 4, 3, 2, 1, 0], 'more'])
})

test('when more arrived than a page holds the list starts over instead of hiding a gap', () => {
  let list = receive(EMPTY_LIST, page([item(2), item(1)], 'a'), true)
  list = receive(list, page([item(90), item(89)], 'b'), true)
  assert.deepEqual(ids(list.shown), [2, 1])
  list = showWaiting(list)
  assert.deepEqual([ids(list.shown), list.next, list.waiting.length], [[90, 89], 'b', 0])
})

test('whatever arrives in whatever order, no call is shown twice and the newest stand first', () => {
  const step = fc.record({ at: fc.nat(30), reading: fc.boolean(), show: fc.boolean() }, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(step), steps => {
      let list = EMPTY_LIST
      for (const { at, reading, show } of steps) {
        list = receive(list, page([item(at)]), reading)
        if (show) list = showWaiting(list)
      }
      const shown = ids(showWaiting(list).shown)
      assert.deepEqual(
        shown,
        [...new Set(steps.map(entry => entry.at))].sort((a, b) => b - a),
      )
    }),
  )
})

test('a marked text comes back whole from its segments, numbers where findings end', () => {
  const span = fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) + 1 }))
  fc.assert(
    fc.property(
      fc.string({ maxLength: 40 }),
      fc.array(span, { maxLength: 4 }),
      fc.array(span, { maxLength: 2 }),
      (text, found, gone) => {
        const inside = (part: { start: number; end: number }) => part.end <= text.length
        const marks = found.filter(inside).map((part, finding) => ({ ...part, finding }))
        const removed = gone.filter(inside).map(part => ({ ...part, label: 'x' }))
        const segments = cutText({ text, marks, removed }, finding => finding)
        assert.equal(segments.map(segment => segment.text).join(''), text)
        const worst = marks.at(-1)
        if (worst) assert.ok(segments.some(segment => segment.finding === worst.finding && segment.ends))
      },
    ),
  )
})

test('the chart keeps gaps apart from zero and every bar inside', () => {
  const count = fc.nat(5000)
  const point = fc.option(
    fc.record(
      { at: count, allow: count, review: count, redact: count, block: count, error: count },
      { noNullPrototype: true },
    ),
  )
  fc.assert(
    fc.property(fc.array(point, { maxLength: 90 }), points => {
      const { bars, gaps } = plotBars(points, 600, 44)
      assert.equal(gaps, points.filter(entry => entry === null).length)
      for (const bar of bars) {
        assert.ok(
          bar.x >= 0 && bar.x + bar.width <= 601 && bar.y >= -0.1 && bar.y + bar.height <= 44.1,
          JSON.stringify(bar),
        )
      }
    }),
  )
  const zero = { at: 0, allow: 0, review: 0, redact: 0, block: 0, error: 0 }
  assert.deepEqual(plotBars([zero, null], 600, 44), {
    bars: [],
    edge: '',
    axis: 'M0 44h300',
    gapAxis: 'M300 44h300',
    gaps: 1,
  })
  const one = plotBars([{ ...zero, allow: 1000, block: 1 }, zero], 600, 44).bars
  assert.ok((one.find(bar => bar.kind === 'block')?.height ?? 0) >= 3, 'one stop stays visible')
})

test('a refused answer is told apart from a prompt that never went out', () => {
  const stopped = { verdict: 'block', action: 'refused', status: 400 } as TrafficItem
  assert.equal(headline({ ...stopped, firstByteMs: null }), 'Blocked before the model')
  assert.equal(unspent({ ...stopped, firstByteMs: null }), 'none')
  assert.equal(headline({ ...stopped, firstByteMs: 12 }), 'Answer held back')
  assert.equal(unspent({ ...stopped, firstByteMs: 12 }), 'unknown')
})
