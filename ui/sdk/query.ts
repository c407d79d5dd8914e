// The one runtime import from the contract that the UI makes: the query grammar must be the same on both sides.
import { formatQuery, parseDuration, parseQuery, type Term } from '../../kernel/contract/query.ts'
import { setParams, useRoute } from './route.ts'

export { formatQuery, parseDuration, parseQuery, type Term }

export interface QueryState {
  /** As the API takes it, all terms included. `''` when there is none. */
  readonly text: string
  /** All terms in the order they were written. */
  readonly terms: readonly Term[]
  /** Without the time range, which the range button shows. */
  readonly filters: readonly Term[]
  /** `24h`, or null for any time. */
  readonly since: string | null
  set(text: string): void
  /** Adds a term in the grammar, `verdict:block`; replaces an equal field unless the value is already there. */
  add(term: string): void
  remove(term: Term): void
  clear(): void
  setSince(since: string | null): void
}

type Plain = Pick<Term, 'field' | 'op' | 'value' | 'negated'>

const isSince = (term: Plain): boolean => term.field === 'since' && !term.negated
const same = (a: Plain, b: Plain): boolean => formatQuery([a]) === formatQuery([b])

/** The query of the page, held by the address: `?q=verdict:block since:24h`. */
export function useQuery(): QueryState {
  const { query } = useRoute()
  return queryState(query['q'] ?? '', text => setParams({ q: text === '' ? null : text, open: null, tab: null }))
}

/** The same without a browser: `write` receives the whole new text. */
export function queryState(text: string, write: (text: string) => void): QueryState {
  const terms = parseQuery(text)
  const filters = terms.filter(term => !isSince(term))
  const range = terms.filter(isSince)
  const put = (next: readonly Plain[]): void => write(formatQuery(next))
  return {
    text,
    terms,
    filters,
    since: range.at(-1)?.value ?? null,
    set: write,
    add(added) {
      const fresh = parseQuery(added).filter(term => !terms.some(known => same(known, term)))
      if (fresh.length > 0) put([...terms, ...fresh])
    },
    remove: removed => put(terms.filter(term => term !== removed && !same(term, removed))),
    clear: () => put(range),
    setSince: since =>
      put(since === null ? filters : [...filters, { field: 'since', op: '=', value: since, negated: false }]),
  }
}
