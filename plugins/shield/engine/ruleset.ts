import { type Automaton, buildAutomaton } from './automaton.ts'
import { BACKWARDS, ROTATED } from './disguise.ts'
import { signsOf } from './flags.ts'
import { FOLD, HIGH } from './fold-table.ts'
import type { Rule } from './types.ts'

/** A rule made ready: its pattern compiled, its switches resolved. */
export interface CompiledRule {
  readonly index: number
  readonly rule: Rule
  readonly pattern: RegExp | null
  readonly boundary: boolean
  /** Its matches are taken out of the text, so nothing of them may be shown before they are decided. */
  readonly holds: boolean
  readonly mention: boolean
}

/** All rules of one generation with the one table that finds their keywords. */
export interface RuleSet {
  readonly rules: readonly CompiledRule[]
  readonly automaton: Automaton
  /** Flags and keyword class by character, see `flags.ts`. */
  readonly signs: Uint16Array
  readonly keywordLength: Uint8Array
  /** Rules a keyword may begin; index by keyword. */
  readonly startedBy: readonly Int32Array[]
  readonly fenceKeyword: number
  /** By keyword: how the text says it is to be read, see `disguise.ts`. */
  readonly announces: Uint8Array
  readonly number: CompiledRule | undefined
  readonly iban: CompiledRule | undefined
  /** Hash over ids and patterns: changes when a rule changes. */
  readonly version: string
}

const FENCE = '```'
/** Words by which a text says how it is to be read. */
const ANNOUNCEMENTS: ReadonlyMap<string, number> = new Map([
  ['rot13', ROTATED],
  ['rot-13', ROTATED],
  ['rot 13', ROTATED],
  ['caesar', ROTATED],
  ['backward', BACKWARDS],
  ['revers', BACKWARDS],
  ['right to left', BACKWARDS],
  ['right-to-left', BACKWARDS],
  ['ruckwarts', BACKWARDS],
])

/** Compiles rules. Throws when a rule is malformed, naming it. */
export function compileRules(rules: readonly Rule[]): RuleSet {
  const compiled = rules.map(compileRule)
  const starts = new Map<string, number[]>([FENCE, ...ANNOUNCEMENTS.keys()].map(word => [word, []]))
  for (const one of compiled)
    for (const written of one.rule.keywords) {
      const keyword = foldLetters(written)
      if (keyword === '' || keyword !== keyword.toLowerCase() || keyword.length > 60)
        throw new Error(`rule ${one.rule.id}: keyword "${keyword}" must be lower-case, 1 to 60 characters`)
      starts.set(keyword, [...(starts.get(keyword) ?? []), one.index])
    }
  const keywords = [...starts.keys()]
  const startedBy = [...starts.values()].map(list => Int32Array.from(new Set(list)))
  const holds = startedBy.map(list => list.some(index => compiled[index]!.holds))
  const automaton = buildAutomaton(keywords, holds)
  return {
    rules: compiled,
    automaton,
    signs: signsOf(automaton.classOf),
    keywordLength: Uint8Array.from(keywords, keyword => keyword.length),
    startedBy,
    fenceKeyword: keywords.indexOf(FENCE),
    announces: Uint8Array.from(keywords, keyword => ANNOUNCEMENTS.get(keyword) ?? 0),
    number: compiled.find(one => one.rule.sensor === 'number'),
    iban: compiled.find(one => one.rule.sensor === 'iban'),
    version: versionOf(rules),
  }
}

function compileRule(rule: Rule, index: number): CompiledRule {
  if (rule.match === undefined && rule.verify === undefined) throw new Error(`rule ${rule.id}: no match and no verify`)
  return {
    index,
    rule,
    pattern: rule.match === undefined ? null : new RegExp(foldLetters(rule.match), rule.exact === true ? 'y' : 'iy'),
    boundary: rule.boundary !== false,
    holds: rule.category === 'secret' || (rule.category === 'pii' && rule.severity !== 'low'),
    mention: rule.mention ?? (rule.category === 'injection' || rule.category === 'jailbreak'),
  }
}

/** Rules are written in the letters of their language and meet text whose look-alikes were folded: fold them likewise. */
function foldLetters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant.
  return text.replace(/[^\x00-\x7f]/g, char => {
    const fold = FOLD[char.charCodeAt(0)]!
    return fold > HIGH ? String.fromCharCode(fold).toLowerCase() : char
  })
}

/** FNV-1a over everything that decides a match; not a security measure. */
function versionOf(rules: readonly Rule[]): string {
  let hash = 0x811c9dc5
  const feed = (text: string) => {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  for (const rule of rules)
    feed(`${rule.id} ${rule.weight} ${rule.match ?? ''} ${rule.keywords.join(' ')} ${String(rule.verify ?? '')}`)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
