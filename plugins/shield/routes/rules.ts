import { defineRoute, parseQuery, type RouteSpec, type Term } from 'clawnex/contract'
import { Type } from 'typebox'
import type { Engine, Rule } from '../engine/index.ts'
import { RuleRow } from './schemas.ts'

const LEVELS = ['low', 'medium', 'high', 'critical']

/** The built-in rules, filtered with the query grammar of all lists. */
export function rulesRoute(engine: Engine): RouteSpec {
  const rows = engine.set.rules
    .map(({ rule }) => toRow(rule))
    .sort((a, b) => LEVELS.indexOf(b.severity) - LEVELS.indexOf(a.severity) || (a.id < b.id ? -1 : 1))
  return defineRoute({
    method: 'GET',
    path: '/rules',
    summary: 'The rules of the shield; filter with q= by category, severity, effect, id or free text.',
    permission: 'shield.read',
    query: Type.Object({ q: Type.Optional(Type.String({ maxLength: 400 })) }),
    reply: Type.Object({ items: Type.Array(RuleRow), total: Type.Integer() }),
    handle({ query }) {
      const terms = parseQuery(query.q ?? '')
      return { items: rows.filter(row => terms.every(term => matches(row, term))), total: rows.length }
    },
  })
}

type Row = ReturnType<typeof toRow>

function toRow(rule: Rule) {
  const redacts = rule.category === 'secret' || (rule.category === 'pii' && rule.severity !== 'low')
  const effect = redacts ? ('redact' as const) : rule.category === 'pii' ? ('note' as const) : ('block' as const)
  return {
    id: rule.id,
    category: rule.category,
    severity: rule.severity,
    title: rule.title,
    weight: { user: rule.weight, data: rule.inData ?? rule.weight, model: rule.byModel ?? rule.weight },
    effect,
    keywords: rule.keywords.slice(0, 12),
  }
}

function matches(row: Row, term: Term): boolean {
  return fits(row, term) !== term.negated
}

function fits(row: Row, { field, op, value }: Term): boolean {
  const wanted = value.toLowerCase()
  if (field === 'severity') return compare(LEVELS.indexOf(row.severity), op, LEVELS.indexOf(wanted))
  if (field === 'category') return row.category === wanted
  if (field === 'effect') return row.effect === wanted
  if (field === 'id' || field === 'rule') return row.id === wanted
  if (field !== '') return false
  return `${row.id} ${row.title} ${row.category}`.toLowerCase().includes(wanted)
}

function compare(left: number, op: Term['op'], right: number): boolean {
  if (right < 0) return false
  switch (op) {
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '<':
      return left < right
    case '<=':
      return left <= right
    default:
      return left === right
  }
}
