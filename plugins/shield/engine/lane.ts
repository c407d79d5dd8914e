import type { Severity } from 'clawnex/contract'
import type { Budget } from './budget.ts'
import { assignmentEnd, LONGEST_END, TAIL_BLOCK, tailLength } from './extent.ts'
import {
  DIGIT_SIGN,
  ESCAPE_SIGN,
  FLAGS,
  GAP_SIGN,
  LINE_STOP,
  RUN_SHIFT,
  SPECIAL_SIGN,
  TOKEN_STOP,
  WORD,
} from './flags.ts'
import { Folder } from './folder.ts'
import { judgeMention } from './mention.ts'
import { Offsets } from './offsets.ts'
import type { CompiledRule } from './ruleset.ts'
import { verifyPlace } from './verify.ts'
import { Views } from './views.ts'

/** Shortest run of the base64 alphabet that is decoded. */
export const MIN_RUN = 24
/** Text before a place that verifiers may look at. */
const CONTEXT = 160
/** Text kept for context and for reading back; more is kept only while something is undecided. */
const KEPT = 512
const TRIM_AT = 3072
const NUMBER_DIGITS = 9
const LONGEST_MAILBOX = 64

/** A keyword place that waits until the slice it is judged on is complete. */
interface Pending {
  readonly rule: CompiledRule
  readonly start: number
  /** End of the keyword. */
  readonly after: number
  /** How far the stop character has been looked for. */
  seen: number
  readonly fenced: boolean
  /** Continues a match that goes on behind its slice. */
  readonly tail: boolean
}

/**
 * The incremental scanner of one view of a text. Everything it decides depends on the text alone, never on how the text was
 * cut into pieces: places are found by the automaton and judged on slices whose end the text itself determines.
 */
export class Lane {
  readonly name: string
  readonly depth: number
  readonly offsets = new Offsets()
  /** Matches that end here or before are the parent's: this view only borrowed the text for context. */
  quietUntil = 0
  buffer = ''
  private readonly budget: Budget
  private readonly views: Views
  private readonly folder: Folder
  private state = 0
  /** Where the current run of the base64 alphabet began. */
  private runStart = 0
  private digits = 0
  private chain = -1
  private lastDigit = -9
  private lastTaken = Number.NEGATIVE_INFINITY
  private fenced = false
  private pending: Pending[] = []
  /** Where the last match of each rule ended: places inside it are part of it. */
  private readonly lastEnd = new Map<number, number>()
  private closed = false

  constructor(budget: Budget, name: string, depth: number) {
    this.budget = budget
    this.name = name
    this.depth = depth
    this.views = new Views(this, budget)
    this.folder = new Folder(this.views)
  }

  /** Text that stands one to one from `origin` in the original. */
  feed(text: string, origin: number): void {
    this.take(text, origin, null, null)
  }

  /** Text whose characters stand at given places. */
  feedMapped(text: string, starts: ArrayLike<number>, ends: ArrayLike<number>): void {
    this.take(text, 0, starts, ends)
  }

  /** Decides everything that still waits. */
  end(): void {
    if (this.closed) return
    this.closed = true
    this.folder.end()
    this.views.end(this.offsets.length, this.run)
    this.settle(true)
  }

  /** The lowest original offset that may still become part of something taken out; Infinity when there is none. */
  hold(): number {
    if (this.closed) return Number.POSITIVE_INFINITY
    const { offsets } = this
    let at = offsets.length - this.budget.set.automaton.holdDepth[this.state]!
    if (this.chain >= 0) at = Math.min(at, this.chain)
    if (this.run > 0 && this.run < MIN_RUN) at = Math.min(at, offsets.length - this.run)
    for (const one of this.pending) if (one.rule.holds) at = Math.min(at, one.start)
    const own = at < offsets.length ? offsets.lowestFrom(at) : Number.POSITIVE_INFINITY
    const folding = this.folder.open < 0 ? Number.POSITIVE_INFINITY : this.folder.open
    return Math.min(own, folding, this.views.hold())
  }

  charCode(at: number): number {
    return this.buffer.charCodeAt(at - this.offsets.base)
  }

  slice(from: number, to: number): string {
    return this.buffer.slice(from - this.offsets.base, to - this.offsets.base)
  }

  private take(text: string, origin: number, starts: ArrayLike<number> | null, ends: ArrayLike<number> | null): void {
    if (text === '' || this.closed) return
    if (!this.budget.spendCharacters(text.length, starts === null ? origin : starts[0]!)) return
    const folded = this.folder.fold(text, origin, starts, ends)
    const plain = folded === null ? text : folded.text
    if (folded !== null && folded.starts !== null)
      this.offsets.addMapped(plain.length, folded.starts, folded.ends!, folded.marks)
    else if (starts !== null) this.offsets.addMapped(plain.length, starts, ends!, null)
    else this.offsets.addLinear(plain.length, origin)
    this.buffer += plain
    this.scan(plain)
    this.views.advance(this.offsets.length, this.run)
    this.settle(false)
    this.trim()
  }

  /** Words make most branches hard to predict, so the usual character passes without one. */
  private scan(text: string): void {
    const { signs } = this.budget.set
    const { next, shift, firstHit, holdDepth } = this.budget.set.automaton
    const from = this.offsets.length - text.length
    let { state, chain, runStart } = this
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      const sign = signs[code]!
      const at = from + i
      if (sign >= SPECIAL_SIGN || chain >= 0) {
        if ((sign & ESCAPE_SIGN) !== 0)
          this.views.escape(at, at - runStart, Math.max(holdDepth[state]!, this.openNumber(at)))
        else if ((sign & DIGIT_SIGN) !== 0) this.digit(at)
        else if ((sign & GAP_SIGN) === 0) this.chain = -1
        chain = this.chain
      }
      // All ones where a run ends here.
      const noRun = ((sign >> RUN_SHIFT) & 1) - 1
      // A line break inside a run is no part of it, but the run goes on.
      if ((noRun & (at - runStart)) >= MIN_RUN && this.views.closeRun(at, at - runStart, code)) runStart++
      else runStart = (runStart & ~noRun) | ((at + 1) & noRun)
      state = next[(state << shift) | (sign & 0xff)]!
      if (state >= firstHit) this.found(state, at + 1)
    }
    this.state = state
    this.runStart = runStart
  }

  /** Characters of the base64 alphabet at the end of what was scanned. */
  private get run(): number {
    return this.offsets.length - this.runStart
  }

  /** Characters of an unfinished number before a place. */
  private openNumber(at: number): number {
    return this.chain >= 0 && at - this.lastDigit <= 2 ? at - this.chain : 0
  }

  /** Follows numbers in groups: nine digits make a place for the number rule, two letters before one for bank accounts. */
  private digit(at: number): void {
    const goesOn = this.chain >= 0 && at - this.lastDigit <= 2
    this.lastDigit = at
    if (!goesOn) {
      const word = this.wordBefore(at)
      const { iban } = this.budget.set
      if (word === 2 && iban !== undefined) this.wait(iban, at - 2, at)
      this.chain = word === 0 ? at : -1
      this.digits = 0
    }
    this.digits++
    const { number } = this.budget.set
    if (this.chain >= 0 && this.digits === NUMBER_DIGITS && number !== undefined) this.wait(number, this.chain, at)
  }

  /** How many characters of a word end at a place, counted up to three. */
  private wordBefore(at: number): number {
    const lowest = Math.max(this.offsets.base, at - 3)
    let start = at
    while (start > lowest && (FLAGS[this.charCode(start - 1)]! & WORD) !== 0) start--
    return at - start
  }

  private found(state: number, end: number): void {
    const { set } = this.budget
    const hits = set.automaton.hits[state - set.automaton.firstHit]!
    for (let i = 0; i < hits.length; i++) {
      const keyword = hits[i]!
      if (keyword === set.fenceKeyword) this.fenced = !this.fenced
      this.budget.announced |= set.announces[keyword]!
      const start = end - set.keywordLength[keyword]!
      const inWord = start > this.offsets.base && (FLAGS[this.charCode(start - 1)]! & WORD) !== 0
      const rules = set.startedBy[keyword]!
      for (let j = 0; j < rules.length; j++) {
        const rule = set.rules[rules[j]!]!
        if (inWord && rule.boundary) continue
        this.wait(rule, rule.rule.sensor === 'mail' ? this.mailbox(start) : start, end)
      }
    }
  }

  private wait(rule: CompiledRule, start: number, seen: number): void {
    if (rule.rule.verify !== undefined && rule.rule.sensor === undefined) {
      // Taking a line apart covers what follows on it; places close behind add nothing.
      if (start - this.lastTaken < rule.rule.max / 2) return
      this.lastTaken = start
    }
    if (!this.budget.spendPlace(this.offsets.startOf(start))) return
    this.pending.push({ rule, start, after: seen, seen, fenced: this.fenced, tail: false })
  }

  /** Where the local part before an at sign begins. */
  private mailbox(at: number): number {
    const lowest = Math.max(this.offsets.base, at - LONGEST_MAILBOX)
    let start = at
    while (start > lowest && /[\w.+-]/.test(this.slice(start - 1, start))) start--
    return start
  }

  private settle(ended: boolean): void {
    if (this.pending.length === 0) return
    const work = this.pending
    this.pending = []
    /** Rules with an undecided continuation: whether a later place is part of it is not known yet. */
    let waiting: Set<number> | null = null
    for (const one of work) {
      if (waiting?.has(one.rule.index)) {
        this.pending.push(one)
        continue
      }
      const left = this.settleOne(one, ended)
      if (left === null) continue
      this.pending.push(left)
      if (left.rule.rule.tail === undefined) continue
      waiting ??= new Set()
      waiting.add(left.rule.index)
    }
  }

  /** Decides a place and whatever goes on behind it; returns what has to wait. */
  private settleOne(one: Pending, ended: boolean): Pending | null {
    let current: Pending | null = one
    while (current !== null) {
      const end = this.decisionEnd(current, ended)
      if (end < 0) return current
      current = current.tail ? this.decideTail(current, end) : this.decide(current, end)
    }
    return null
  }

  /** The end of the slice a place is judged on, or -1 while it has not arrived. */
  private decisionEnd(one: Pending, ended: boolean): number {
    const { length, base } = this.offsets
    const { stop, max } = one.rule.rule
    const limit = one.start + (one.tail ? TAIL_BLOCK + LONGEST_END : max + 1)
    const have = Math.min(limit, length)
    if (!one.tail && stop === 'assign') {
      const end = assignmentEnd(this.buffer, one.after - base, have - base)
      if (end >= 0) return end + base
    } else if (!one.tail && stop !== 'none') {
      const mask = stop === 'token' ? TOKEN_STOP : LINE_STOP
      const { buffer } = this
      for (let at = one.seen; at < have; at++) if ((FLAGS[buffer.charCodeAt(at - base)]! & mask) !== 0) return at + 1
      one.seen = have
    }
    return have === limit || ended ? have : -1
  }

  /** Verifies a place; returns the continuation of a match that may go on. */
  private decide(one: Pending, end: number): Pending | null {
    const { rule, start } = one
    if ((this.lastEnd.get(rule.index) ?? -1) > start) return null
    const slice = this.slice(start, end)
    this.budget.read += slice.length
    const hit = verifyPlace(rule, slice)
    if (hit === null) return null
    this.lastEnd.set(rule.index, start + hit.end)
    const before = rule.mention ? this.slice(Math.max(this.offsets.base, start - CONTEXT), start) : ''
    const factor = (hit.factor ?? 1) * (rule.mention ? judgeMention(before, slice, hit.end, one.fenced) : 1)
    this.report(rule, start + hit.start, start + hit.end, factor, hit.severity)
    const open = rule.rule.tail !== undefined && (rule.rule.tail === 'pem' || hit.end >= rule.rule.max - 4)
    return open ? this.tailFrom(one, start + hit.end) : null
  }

  private tailFrom(one: Pending, start: number): Pending {
    return { ...one, start, after: start, seen: start, tail: true }
  }

  private decideTail(one: Pending, end: number): Pending | null {
    const { rule, start } = one
    const { length, open } = tailLength(rule.rule.tail as 'token' | 'pem', this.slice(start, end))
    if (length === 0) return null
    this.lastEnd.set(rule.index, start + length)
    this.report(rule, start, start + length, 1, undefined)
    return open ? this.tailFrom(one, start + length) : null
  }

  private report(rule: CompiledRule, from: number, to: number, factor: number, severity: Severity | undefined): void {
    const { offsets } = this
    const first = offsets.startOf(from)
    const last = offsets.startOf(to - 1)
    // Text that was sent backwards runs against the original.
    const reversed = last < first
    const end = offsets.endOf(reversed ? from : to - 1)
    if (end <= this.quietUntil) return
    this.budget.matches.push({
      rule: rule.index,
      start: reversed ? last : first,
      end,
      view: this.viewName(from, to),
      factor,
      severity,
    })
  }

  private viewName(from: number, to: number): string {
    if (this.name !== 'raw') return this.name
    const kind = this.offsets.kind(from, to)
    return kind === 0 ? 'raw' : kind === 1 ? 'folded' : 'zero-width'
  }

  private trim(): void {
    if (this.buffer.length < TRIM_AT) return
    let keep = Math.min(this.offsets.length, this.views.needs())
    for (const one of this.pending) keep = Math.min(keep, one.start)
    if (this.chain >= 0) keep = Math.min(keep, this.chain)
    keep -= KEPT
    if (keep <= this.offsets.base + KEPT) return
    this.buffer = this.buffer.slice(keep - this.offsets.base)
    this.offsets.trim(keep)
  }
}
