/**
 * Turns a list query into a condition over `traffic_call`. Every value becomes a bound parameter and every column comes from the
 * table below, so no text of a query ever becomes SQL.
 */
import { ApiError, type Operator, parseDuration, parseQuery, type Term } from 'clawnex/contract'
import { SEVERITIES } from '../severity.ts'

export interface Condition {
  /** SQL, `1` when everything matches. */
  readonly where: string
  readonly params: readonly (string | number)[]
  /** Milliseconds UTC; kept apart because they bound the scan. */
  readonly since: number | null
  readonly until: number | null
}

export interface QueryOptions {
  readonly now: number
  /** Search stored texts too; needs the permission to read them. */
  readonly texts: boolean
}

type Sql = { where: string; params: (string | number)[] }
type Field = (term: Term) => Sql

const MAX_LENGTH = 2000
const MAX_TERMS = 40

const words =
  (column: string, options: readonly string[]): Field =>
  term => {
    if (!options.includes(term.value)) refuse(term, `takes one of ${options.join(', ')}`)
    return { where: `${column} = ?`, params: [onlyEquals(term).value] }
  }

const text =
  (column: string): Field =>
  term => ({ where: `${column} LIKE ? ESCAPE '\\'`, params: [likePattern(onlyEquals(term).value)] })

/** A key by its id, its name, or its whole label: the name and the last four characters. */
const key: Field = term => {
  const pattern = likePattern(onlyEquals(term).value)
  return {
    where: `(c.key_id LIKE ? ESCAPE '\\' OR c.key_label LIKE ? ESCAPE '\\' OR c.key_label LIKE ? ESCAPE '\\')`,
    params: [pattern, pattern, `${pattern} …____`],
  }
}

const finding =
  (column: string): Field =>
  term => ({
    where: `EXISTS (SELECT 1 FROM traffic_finding f WHERE f.call_id = c.id AND f.${column} LIKE ? ESCAPE '\\')`,
    params: [likePattern(onlyEquals(term).value)],
  })

const number =
  (column: string): Field =>
  term => {
    const value = Number(term.value)
    if (term.value.trim() === '' || !Number.isFinite(value)) refuse(term, 'takes a number')
    return { where: `coalesce(${column}, 0) ${term.op} ?`, params: [value] }
  }

const severity: Field = term => {
  const rank = (SEVERITIES as readonly string[]).indexOf(term.value)
  if (rank < 0) refuse(term, `takes one of ${SEVERITIES.join(', ')}`)
  return { where: `c.severity ${term.op} ?`, params: [rank] }
}

const flag =
  (column: string): Field =>
  term => {
    if (term.value !== 'true' && term.value !== 'false') refuse(term, 'takes true or false')
    return { where: `${column} = ?`, params: [onlyEquals(term).value === 'true' ? 1 : 0] }
  }

const FIELDS: Readonly<Record<string, Field>> = {
  id: text('c.id'),
  verdict: words('c.verdict', ['allow', 'review', 'redact', 'block', 'error']),
  action: words('c.action', ['forwarded', 'redacted', 'held', 'refused', 'cut']),
  route: words('c.route', ['direct', 'litellm', 'demo']),
  dialect: words('c.dialect', ['openai', 'anthropic']),
  path: text('c.path'),
  model: text('c.model'),
  provider: text('c.provider'),
  key,
  error: text('c.error'),
  rule: finding('rule'),
  category: finding('category'),
  severity,
  status: number('c.status'),
  score: number('c.score'),
  latency: number('c.latency_ms'),
  tokens: number('(c.tokens_in + c.tokens_out)'),
  unscanned: number('c.unscanned_bytes'),
  stream: flag('c.stream'),
}

/** Names of fields, for help and completion. */
export const FIELD_NAMES: readonly string[] = [...Object.keys(FIELDS), 'since', 'until']

/** Throws API_INVALID with pointer `/q` for unknown fields and values that do not fit. */
export function compileQuery(query: string, options: QueryOptions): Condition {
  if (query.length > MAX_LENGTH) refuseQuery(`The query is longer than ${MAX_LENGTH} characters.`)
  const terms = parseQuery(query)
  if (terms.length > MAX_TERMS) refuseQuery(`The query has more than ${MAX_TERMS} terms.`)
  const parts: Sql[] = []
  let since: number | null = null
  let until: number | null = null
  for (const term of terms) {
    if (term.field === 'since') since = Math.max(since ?? Number.NEGATIVE_INFINITY, readTime(term, options.now))
    else if (term.field === 'until') until = Math.min(until ?? Number.POSITIVE_INFINITY, readTime(term, options.now))
    else parts.push(negate(term, compileTerm(term, options)))
  }
  return {
    where: parts.length === 0 ? '1' : parts.map(part => part.where).join(' AND '),
    params: parts.flatMap(part => part.params),
    since,
    until,
  }
}

function compileTerm(term: Term, options: QueryOptions): Sql {
  if (term.field === '') return freeText(term.value, options.texts)
  if (!Object.hasOwn(FIELDS, term.field)) {
    return refuseQuery(`There is no field "${term.field}". Fields: ${FIELD_NAMES.join(', ')}.`)
  }
  return (FIELDS[term.field] as Field)(term)
}

/** A missing value counts as "does not match", so that a negated term finds it. */
function negate(term: Term, sql: Sql): Sql {
  return term.negated ? { where: `NOT coalesce(${sql.where}, 0)`, params: sql.params } : sql
}

function freeText(value: string, texts: boolean): Sql {
  const pattern = `%${escapeLike(value)}%`
  const columns = ['c.id', 'c.model', 'c.provider', 'c.key_label', 'c.error']
  const parts = [
    ...columns.map(column => `${column} LIKE ? ESCAPE '\\'`),
    `EXISTS (SELECT 1 FROM traffic_finding f WHERE f.call_id = c.id
       AND (f.rule LIKE ? ESCAPE '\\' OR f.title LIKE ? ESCAPE '\\'))`,
    ...(texts
      ? [`EXISTS (SELECT 1 FROM traffic_text t WHERE t.call_id = c.id AND t.sealed = 0 AND t.text LIKE ? ESCAPE '\\')`]
      : []),
  ]
  return { where: `(${parts.join(' OR ')})`, params: Array(columns.length + 2 + (texts ? 1 : 0)).fill(pattern) }
}

/** `since:24h` counts back from now; a date or milliseconds stand for themselves. */
function readTime(term: Term, now: number): number {
  if (term.negated || term.op !== '=') refuse(term, 'takes a time without sign or comparison')
  const back = parseDuration(term.value)
  if (back !== undefined) return now - back
  if (/^\d{12,14}$/.test(term.value)) return Number(term.value)
  const time = /^\d{4}-\d{2}-\d{2}/.test(term.value) ? Date.parse(term.value) : Number.NaN
  return Number.isNaN(time) ? refuse(term, 'takes a time such as 24h, 7d or 2026-11-19T14:00Z') : time
}

/** `*` stands for any characters; everything else for itself. */
function likePattern(value: string): string {
  return escapeLike(value).replaceAll('*', '%')
}

function escapeLike(value: string): string {
  return value.replace(/[\\%_]/g, '\\$&')
}

function onlyEquals(term: Term): Term {
  const op: Operator = term.op
  return op === '=' ? term : refuse(term, 'is not a number, so it takes no comparison')
}

function refuse(term: Term, what: string): never {
  return refuseQuery(`"${term.field}" ${what}.`)
}

function refuseQuery(message: string): never {
  throw new ApiError('API_INVALID', { detail: message, errors: [{ pointer: '/q', message }] })
}
