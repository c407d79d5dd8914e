import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatQuery, parseDuration, parseQuery } from '../../../kernel/contract/query.ts'

test('reads fields, operators, negation and quoted text', () => {
  const terms = parseQuery('severity:>=high -model:gpt-5 agent:"night shift" "two words" loose')
  assert.deepEqual(
    terms.map(({ field, op, value, negated }) => [field, op, value, negated]),
    [
      ['severity', '>=', 'high', false],
      ['model', '=', 'gpt-5', true],
      ['agent', '=', 'night shift', false],
      ['', '=', 'two words', false],
      ['', '=', 'loose', false],
    ],
  )
})

test('a lone quote is text up to the end, never an error', () => {
  assert.deepEqual(
    parseQuery('model:"gpt 5').map(term => [term.field, term.value]),
    [['model', 'gpt 5']],
  )
})

test('writing terms and reading them again gives the same terms', () => {
  const term = fc.record(
    {
      field: fc.constantFrom('', 'verdict', 'model', 'a.b'),
      op: fc.constantFrom('=' as const, '>=' as const, '<' as const),
      value: fc.string({ minLength: 1 }).filter(value => !/^\s*$/.test(value)),
      negated: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(term, { maxLength: 6 }), list => {
      const wanted = list.map(item => (item.field === '' ? { ...item, op: '=' as const } : item))
      const read = parseQuery(formatQuery(wanted)).map(({ field, op, value, negated }) => ({
        field,
        op,
        value,
        negated,
      }))
      assert.deepEqual(read, wanted)
    }),
  )
})

test('any text parses without throwing and within its own bounds', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      for (const term of parseQuery(text))
        assert.ok(term.start >= 0 && term.end <= text.length && term.start < term.end)
    }),
  )
})

test('durations', () => {
  assert.equal(parseDuration('90s'), 90_000)
  assert.equal(parseDuration('24h'), 86_400_000)
  assert.equal(parseDuration('1y'), undefined)
})
