import type { Rule } from '../engine/types.ts'

/**
 * A notation for token formats, from which both the pattern and the generated examples come:
 * literal text, `{class:count}` or `{class:min,max}`, and `(one|other)` for alternatives.
 */
const CLASSES: Readonly<Record<string, string>> = {
  w: 'A-Za-z0-9',
  s: 'A-Za-z0-9_-',
  h: 'a-f0-9',
  H: 'A-Fa-f0-9',
  d: '0-9',
  a: 'a-z0-9',
  u: 'A-Z0-9',
  b: 'A-Za-z0-9+/',
  e: 'A-Za-z0-9=_-',
  l: 'A-Za-z',
  t: 'A-Za-z0-9_.~-',
  k: 'A-Za-z0-9/=_+-',
  x: 'A-Za-z0-9=_.-',
  p: 'A-Za-z0-9%',
  m: 'A-Za-z0-9@/_-',
  q: '!-~',
}
const PART = /\{(\w):(\d+)(?:,(\d+))?\}|(\([^)]*\))|([^{(]+)/g

/** The RE2 pattern of a format. */
function patternOf(format: string): string {
  let pattern = ''
  for (const [, cls, min, max, group, literal] of format.matchAll(PART)) {
    if (cls !== undefined) pattern += `[${CLASSES[cls]}]{${min}${max === undefined ? '' : `,${max}`}}`
    else if (group !== undefined) pattern += `(?:${group.slice(1, -1).split('|').map(escapeLiteral).join('|')})`
    else pattern += escapeLiteral(literal!)
  }
  return pattern
}

/** The longest text of a format. */
function lengthOf(format: string): number {
  let length = 0
  for (const [, , min, max, group, literal] of format.matchAll(PART))
    length += Number(max ?? min ?? 0) + (literal?.length ?? 0) + longest(group)
  return length
}

function longest(group: string | undefined): number {
  return group === undefined
    ? 0
    : Math.max(
        ...group
          .slice(1, -1)
          .split('|')
          .map(part => part.length),
      )
}

/** A text of the format; `pick(n)` yields a number below n. Used by specs only: no secret-looking text is stored. */
export function exampleOf(format: string, pick: (below: number) => number): string {
  let text = ''
  for (const [, cls, min, , group, literal] of format.matchAll(PART)) {
    if (cls !== undefined) for (let i = 0; i < Number(min); i++) text += charOf(CLASSES[cls]!, pick)
    else if (group !== undefined) text += group.slice(1, -1).split('|')[0]
    else text += literal
  }
  return text
}

function charOf(cls: string, pick: (below: number) => number): string {
  const all = cls.replace(/(.)-(.)/g, (_, from: string, to: string) => {
    let run = ''
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++) run += String.fromCharCode(code)
    return run
  })
  return all[pick(all.length)]!
}

const escapeLiteral = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

/** Rules whose examples come from a format carry it, so that specs can generate them. */
export interface FormatRule extends Rule {
  readonly format: string
}

type Entry = readonly [id: string, title: string, format: string, entropy?: number]

/** Tokens that are recognised by how they begin. */
export function tokenRules(entries: readonly Entry[], flags: { exact?: boolean } = {}): FormatRule[] {
  return entries.map(([id, title, format, entropy]) => ({
    id: `secret.${id}`,
    category: 'secret',
    severity: 'critical',
    weight: 0.95,
    title,
    keywords: prefixesOf(format),
    match: `(${patternOf(format)})(?:[^A-Za-z0-9_]|$)`,
    exact: flags.exact !== false,
    stop: 'token',
    max: lengthOf(format) + 2,
    entropy: entropy ?? 2.5,
    ...(entropy === 0 ? {} : { checks: ['not-placeholder'] as const }),
    format,
    examples: { must: [], not: [] },
  }))
}

/** The literal beginnings of a format, lower-case, at most 12 characters. */
function prefixesOf(format: string): string[] {
  const head = /^(?:\(([^)]*)\))?([^{(]*)(?:\(([^)]*)\))?/.exec(format)!
  const first = head[1]?.split('|') ?? ['']
  const literal = head[2] ?? ''
  const second = literal.length < 3 && head[3] !== undefined ? head[3].split('|') : ['']
  const all = first.flatMap(a => second.map(b => `${a}${literal}${b}`.toLowerCase().slice(0, 12)))
  if (all.every(prefix => prefix.length === 2) && /\{h:/.test(format))
    return all.flatMap(prefix => [...'0123456789abcdef'].map(digit => prefix + digit))
  if (all.some(prefix => prefix.length < 3)) throw new Error(`format ${format} begins with fewer than three letters`)
  return all
}

/** What stands between a name and its value in code, configuration and shells. */
export const ASSIGN =
  '[\\w.\\-\\[\\] \\t]{0,24}[\\s\'"`\\]]{0,3}(?:=>|:=|::=|\\|\\|:|\\?=|\\.=|={1,3}|>|:{1,3}|,)[\\s\'"`=\\\\(]{0,6}'
const VALUE_END = '(?:[^\\w/+=-]|\\\\[nr]|$)'

type ServiceEntry = readonly [id: string, title: string, keywords: string, format: string, entropy?: number]

/** Tokens without a shape of their own: known only by the name they are assigned to. */
export function serviceRules(entries: readonly ServiceEntry[]): FormatRule[] {
  return entries.map(([id, title, keywords, format, entropy]) => ({
    id: `secret.${id}`,
    category: 'secret',
    severity: 'high',
    weight: 0.85,
    title,
    keywords: keywords.split(' '),
    match: `[\\w.\\-]{2,18}?${ASSIGN}(${patternOf(format)})${VALUE_END}`,
    boundary: false,
    stop: 'assign',
    max: lengthOf(format) + 64,
    entropy: entropy ?? 2,
    checks: ['not-placeholder'],
    format: `${keywords.split(' ')[0]}_token = "${format}"`,
    examples: { must: [], not: [] },
  }))
}
