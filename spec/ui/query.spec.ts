import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatQuery, parseQuery, queryState } from '../../ui/sdk/query.ts'

/** The state of a text, and what an edit would write. */
function edit(text: string, change: (state: ReturnType<typeof queryState>) => void): string {
  let written = text
  change(
    queryState(text, next => {
      written = next
    }),
  )
  return written
}

describe('query state', () => {
  test('the time range is one term and is not among the chips', () => {
    const state = queryState('verdict:block since:24h "two words"', () => {})
    assert.equal(state.since, '24h')
    assert.deepEqual(
      state.filters.map(term => formatQuery([term])),
      ['verdict:block', '"two words"'],
    )
  })

  test('adding keeps what is there and adds nothing twice', () => {
    assert.equal(
      edit('verdict:block', state => state.add('model:demo -key:ci')),
      'verdict:block model:demo -key:ci',
    )
    assert.equal(
      edit('verdict:block', state => state.add('verdict:block')),
      'verdict:block',
    )
  })

  test('removing a chip leaves the others as they were written', () => {
    const removed = edit('verdict:block severity:>=high since:1h', state => state.remove(state.filters[0]!))
    assert.equal(removed, 'severity:>=high since:1h')
  })

  test('setting a range replaces the range alone; any time drops it', () => {
    assert.equal(
      edit('verdict:block since:24h', state => state.setSince('7d')),
      'verdict:block since:7d',
    )
    assert.equal(
      edit('since:24h verdict:block', state => state.setSince(null)),
      'verdict:block',
    )
  })

  test('clearing filters keeps the range', () => {
    assert.equal(
      edit('a since:24h verdict:block', state => state.clear()),
      'since:24h',
    )
  })

  test('what an edit writes is read back as the same terms', () => {
    const term = fc.record(
      {
        field: fc.constantFrom('', 'verdict', 'model', 'severity'),
        op: fc.constantFrom('=' as const, '>=' as const),
        value: fc.string({ minLength: 1, maxLength: 12 }),
        negated: fc.boolean(),
      },
      { noNullPrototype: true },
    )
    const bare = ({ field, op, value, negated }: { field: string; op: string; value: string; negated: boolean }) => ({
      field,
      op: field === '' ? '=' : op,
      value,
      negated,
    })
    fc.assert(
      fc.property(fc.array(term, { maxLength: 5 }), terms => {
        const text = formatQuery(terms.map(entry => (entry.field === '' ? { ...entry, op: '=' as const } : entry)))
        const withRange = edit(text, state => state.setSince('24h'))
        assert.deepEqual(
          parseQuery(withRange)
            .filter(entry => entry.field !== 'since')
            .map(bare),
          terms.map(bare),
        )
      }),
    )
  })
})
