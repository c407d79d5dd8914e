import { Budget } from './budget.ts'
import { readings } from './disguise.ts'
import { Lane } from './lane.ts'
import type { RuleSet } from './ruleset.ts'
import { LIMITS, type Limits, type Match } from './types.ts'

/** Text is fed in pieces of this size, so that buffers stay small. */
const PIECE = 16_384

/** The incremental scan of one text: a message of a request, or a channel of an answer. */
export class Scan {
  private readonly budget: Budget
  private readonly root: Lane
  private length = 0
  /** First half of a surrogate pair at the end of a piece. */
  private carry = ''
  private ended = false

  constructor(set: RuleSet, limits: Limits = LIMITS) {
    this.budget = new Budget(set, limits)
    this.root = new Lane(this.budget, 'raw', 0)
  }

  push(text: string): void {
    for (let at = 0; at < text.length; at += PIECE) this.feed(text.slice(at, at + PIECE))
  }

  end(): void {
    if (this.ended) return
    if (this.carry !== '') {
      this.root.feed(this.carry, this.length)
      this.length += this.carry.length
      this.carry = ''
    }
    this.root.end()
    this.ended = true
  }

  /** Reads the whole text once more in the ways it may be disguised. Orders are looked for, nothing is taken out. */
  readDisguised(text: string): void {
    for (const { name, text: plain, starts, ends } of readings(text, this.budget.announced)) {
      const before = this.budget.matches.length
      const lane = new Lane(this.budget, name, 1)
      lane.feedMapped(plain, starts, ends)
      lane.end()
      const orders = this.budget.matches.slice(before).filter(match => isOrder(this.budget.set, match))
      this.budget.matches.length = before
      this.budget.matches.push(...orders)
    }
  }

  /** Original offset below which every match is known. */
  get settled(): number {
    return this.ended ? this.length : Math.min(this.length, this.root.hold())
  }

  /** Work spent so far: characters of all views, places looked at, characters judged on, views opened. */
  get spent(): { characters: number; places: number; read: number; views: number } {
    const { characters, places, read, views } = this.budget
    return { characters, places, read, views }
  }

  /** Characters taken in so far. */
  get size(): number {
    return this.length + this.carry.length
  }

  /** Matches found so far, in the order of the text; see `tidy`. */
  matches(): readonly Match[] {
    return this.budget.matches
  }

  /** Where a limit was reached, or -1. */
  get truncatedAt(): number {
    return this.budget.truncatedAt
  }

  private feed(piece: string): void {
    let text = this.carry + piece
    const last = text.charCodeAt(text.length - 1)
    this.carry = last >= 0xd800 && last < 0xdc00 ? text.slice(-1) : ''
    if (this.carry !== '') text = text.slice(0, -1)
    this.root.feed(text, this.length)
    this.length += text.length
  }
}

function isOrder(set: RuleSet, match: Match): boolean {
  const { category } = set.rules[match.rule]!.rule
  return category === 'injection' || category === 'jailbreak'
}

/** Scans a whole text; with `disguises` also for orders in letters set apart, digits for letters and announced ciphers. */
export function scanText(
  set: RuleSet,
  text: string,
  limits: Limits = LIMITS,
  disguises = false,
): { matches: readonly Match[]; truncatedAt: number } {
  const scan = new Scan(set, limits)
  scan.push(text)
  scan.end()
  if (disguises) scan.readDisguised(text)
  return { matches: tidy(scan.matches()), truncatedAt: scan.truncatedAt }
}

/** Orders matches and joins those of one rule that overlap or touch; the plainest view names the result. */
export function tidy(matches: readonly Match[]): Match[] {
  if (matches.length === 0) return []
  const sorted = [...matches].sort((a, b) => a.rule - b.rule || a.start - b.start || a.end - b.end || rank(a) - rank(b))
  const joined: Match[] = []
  for (const match of sorted) {
    const last = joined.at(-1)
    if (last === undefined || last.rule !== match.rule || match.start > last.end) joined.push(match)
    else joined[joined.length - 1] = join(last, match)
  }
  return joined.sort((a, b) => a.start - b.start || a.end - b.end || a.rule - b.rule)
}

function join(a: Match, b: Match): Match {
  const plain = rank(b) < rank(a) ? b : a
  return { ...plain, start: a.start, end: Math.max(a.end, b.end), factor: Math.max(a.factor, b.factor) }
}

function rank(match: Match): number {
  return match.view === 'raw' ? 0 : match.view === 'folded' || match.view === 'zero-width' ? 1 : 2 + match.view.length
}
