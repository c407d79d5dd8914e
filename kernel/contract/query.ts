/**
 * The one query grammar of lists, used by UI, CLI and API alike:
 * `severity:>=high verdict:block agent:main since:24h -model:gpt-5 "free text"`.
 *
 * Words without a field are free text. A field may be negated with a leading `-`. Values with spaces are quoted.
 */
export type Operator = '=' | '>' | '>=' | '<' | '<='

/** One part of a query. */
export interface Term {
  /** Empty for free text. */
  readonly field: string
  readonly op: Operator
  readonly value: string
  readonly negated: boolean
  /** Offsets in the query string, for the editor. */
  readonly start: number
  readonly end: number
}

const TERM = /(-?)(?:([A-Za-z][\w.]*):(>=|<=|>|<|=)?)?(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g

/** Splits a query into its terms. Never throws: a lone quote counts as text up to the end. */
export function parseQuery(query: string): readonly Term[] {
  const terms: Term[] = []
  const closed = (query.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1 ? `${query}"` : query
  for (const match of closed.matchAll(TERM)) {
    const [whole, minus = '', field = '', op = '=', quoted, bare] = match
    const value = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1')
    terms.push({
      field,
      op: (op || '=') as Operator,
      value,
      negated: minus === '-',
      start: match.index,
      end: Math.min(match.index + whole.length, query.length),
    })
  }
  return terms
}

/** Writes terms back to a query that parses to the same terms. */
export function formatQuery(terms: readonly Pick<Term, 'field' | 'op' | 'value' | 'negated'>[]): string {
  return terms.map(formatTerm).join(' ')
}

function formatTerm(term: Pick<Term, 'field' | 'op' | 'value' | 'negated'>): string {
  const plain = /^[^\s"\\:]+$/.test(term.value) && !/^[-<>=]/.test(term.value)
  const value = plain ? term.value : `"${term.value.replace(/["\\]/g, '\\$&')}"`
  const op = term.op === '=' ? '' : term.op
  return `${term.negated ? '-' : ''}${term.field === '' ? '' : `${term.field}:${op}`}${value}`
}

const UNITS: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

/** Milliseconds of `90s`, `15m`, `24h`, `7d`, `2w`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhdw])$/.exec(text)
  return match ? Number(match[1]) * UNITS[match[2] as string]! : undefined
}
