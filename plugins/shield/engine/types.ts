import type { Severity } from 'clawnex/contract'

export type Category =
  | 'injection'
  | 'jailbreak'
  | 'secret'
  | 'pii'
  | 'command'
  | 'privilege'
  | 'path'
  | 'exfiltration'
  | 'hidden'
  | 'shield'

/** Checks a rule may name; see `checks.ts`. */
export type CheckName = 'luhn' | 'iban' | 'ssn' | 'github-crc' | 'jwt' | 'aws-id' | 'cnx' | 'random' | 'not-placeholder'

/** What a verifier found: offsets relative to the slice it was given. */
export interface Hit {
  readonly start: number
  readonly end: number
  /** Lowers or raises the rule's weight for this one match, default 1. */
  readonly factor?: number
  /** Replaces the rule's severity for this one match. */
  readonly severity?: Severity
}

/**
 * A detection as data. A match begins where one of the keywords begins: the automaton finds keywords, then the pattern is
 * tried at that very place, on a slice that ends at the first stop character or after `max` characters. The verdict on a
 * place therefore depends on a bounded piece of text only, which is what makes streams exact.
 */
export interface Rule {
  readonly id: string
  readonly category: Category
  readonly severity: Severity
  /** 0 to 1: how much one match says on its own, before provenance and damping. */
  readonly weight: number
  /** Weight inside data (tool results, web pages, files), where imperatives have no business. */
  readonly inData?: number
  /** Weight in text the model wrote. */
  readonly byModel?: number
  readonly title: string
  /** Where a match may begin: folded to lower-case ASCII. */
  readonly keywords: readonly string[]
  /** RE2 dialect, anchored at the keyword. The first capture group, where there is one, is the span. */
  readonly match?: string
  /** Patterns ignore case unless this is true. */
  readonly exact?: boolean
  /** False lets the keyword begin inside a word. */
  readonly boundary?: boolean
  /** Where the slice ends: at white space and quotes, at the line's end, behind an assigned value, or only after `max`. */
  readonly stop: 'token' | 'line' | 'assign' | 'none'
  readonly max: number
  /** What follows a match belongs to it too, however long: the rest of the token, or a key block up to its end mark. */
  readonly tail?: 'token' | 'pem'
  /** Bits per character the span must reach. */
  readonly entropy?: number
  readonly checks?: readonly CheckName[]
  /** A verifier in code instead of `match`: pure, bounded by the slice. */
  readonly verify?: (slice: string, folded: string) => Hit | null
  /** Damped when it is quoted, fenced or talked about. Default true for injection and jailbreak. */
  readonly mention?: boolean
  /** Started by the number sensor instead of keywords. */
  readonly sensor?: 'number' | 'iban' | 'mail'
  /** `must` and `not` are run as specs; secret-looking examples are written as `{{…}}` templates, see `spec`. */
  readonly examples: { readonly must: readonly string[]; readonly not: readonly string[] }
}

/** One match in the original text, before fusion. */
export interface Match {
  readonly rule: number
  readonly start: number
  readonly end: number
  readonly view: string
  /** Product of damping and the verifier's factor. */
  readonly factor: number
  readonly severity: Severity | undefined
}

/** Total work one unit may cost; reaching a limit is a finding of its own. */
export interface Limits {
  /** Characters scanned in a unit or channel, all views together. */
  readonly characters: number
  /** Keyword places verified. */
  readonly places: number
  /** Levels of encoding inside each other. */
  readonly depth: number
  /** Decoded views opened. */
  readonly views: number
}

export const LIMITS: Limits = { characters: 16_000_000, places: 60_000, depth: 3, views: 4_000 }
