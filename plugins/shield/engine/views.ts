import type { Budget } from './budget.ts'
import { ByteText, LONGEST_ESCAPE, RunDecoder, readEscape } from './decode.ts'
import type { Hidden } from './folder.ts'
import { Lane, MIN_RUN } from './lane.ts'
import { Builder } from './sink.ts'

/** Plain text around escapes that is read together with them. */
const ESCAPE_REACH = 64

const HEX_ONLY = ['hex'] as const
const BOTH = ['base64', 'hex'] as const

interface RunView {
  readonly decoder: RunDecoder
  readonly lane: Lane
}

/** The decoded views below one view: hidden characters, base64 and hex runs, escapes. */
export class Views implements Hidden {
  readonly tags = new Builder()
  private readonly parent: Lane
  private readonly budget: Budget
  private readonly deep: boolean
  private tagLane: Lane | null = null
  private reversedLane: Lane | null = null
  private selectors = new ByteText()
  private runs: RunView[] = []
  private runOpen = false
  private runFed = 0
  /** Undecided escape characters, how far back something unfinished reached when they came, and the run before them. */
  private waiting: number[] = []
  private depths: number[] = []
  private runsBefore: number[] = []
  private escapeLane: Lane | null = null
  private escapeText = new ByteText()
  private plainFrom = 0
  private lastEscape = 0

  constructor(parent: Lane, budget: Budget) {
    this.parent = parent
    this.budget = budget
    this.deep = parent.depth < budget.limits.depth
  }

  /* hidden characters */

  selector(value: number, start: number, end: number): void {
    this.selectors.byte(value & 0xff, start, end)
  }

  endSelectors(enough: boolean): void {
    const bytes = this.selectors
    this.selectors = new ByteText()
    if (!enough || bytes.size === 0) return
    const lane = this.open('variation', this.parent.offsets.length)
    if (lane === null) return
    bytes.flush(lane)
    lane.end()
  }

  /** Overrides may come word by word, so all of one text are read as one. */
  reversed(text: Builder): void {
    this.reversedLane ??= this.open('reversed', this.parent.offsets.length)
    if (this.reversedLane !== null) text.flushReversed(this.reversedLane)
  }

  /* runs */

  /** At a character outside the alphabet. True when the run goes on behind a line break. */
  closeRun(at: number, run: number, code: number): boolean {
    this.feedRun(at, run)
    const breaks = code === 10 || code === 13
    const second = this.runFed === at && at > 0 && this.parent.charCode(at - 1) === 10
    if (breaks && !second && this.runs.length > 0) {
      this.runFed = at + 1
      return true
    }
    this.endRun()
    return false
  }

  escape(at: number, run: number, unfinished: number): void {
    if (!this.deep) return
    this.waiting.push(at)
    this.depths.push(run < MIN_RUN ? Math.max(run, unfinished) : unfinished)
    this.runsBefore.push(run)
  }

  /** After a piece of text was scanned: decodes what has become decidable. */
  advance(length: number, run: number): void {
    this.flushTags()
    if (run >= MIN_RUN) this.feedRun(length, run)
    this.readEscapes(length, false)
  }

  end(length: number, run: number): void {
    this.flushTags()
    this.tagLane?.end()
    this.reversedLane?.end()
    if (run >= MIN_RUN) this.feedRun(length, run)
    this.endRun()
    this.readEscapes(length, true)
    this.closeEscapes()
  }

  hold(): number {
    let at = Number.POSITIVE_INFINITY
    for (const { decoder, lane } of this.runs) {
      at = Math.min(at, lane.hold())
      if (decoder.open >= 0) at = Math.min(at, decoder.open)
    }
    if (this.tagLane !== null) at = Math.min(at, this.tagLane.hold())
    if (this.reversedLane !== null) at = Math.min(at, this.reversedLane.hold())
    if (this.escapeLane !== null) at = Math.min(at, this.escapeLane.hold())
    if (this.waiting.length > 0) at = Math.min(at, this.parent.offsets.startOf(this.waiting[0]! - this.depths[0]!))
    return at
  }

  /** The lowest offset of the parent's text that is still to be read. */
  needs(): number {
    let at = Number.POSITIVE_INFINITY
    if (this.runOpen) at = Math.min(at, this.runFed)
    if (this.waiting.length > 0) at = Math.min(at, this.waiting[0]!)
    if (this.escapeLane !== null) at = Math.min(at, this.plainFrom)
    return at
  }

  private open(name: string, at: number): Lane | null {
    if (!this.deep) return null
    const { offsets } = this.parent
    const place = offsets.length === 0 ? 0 : offsets.startOf(Math.min(at, offsets.length - 1))
    if (!this.budget.spendView(place)) return null
    const lane = new Lane(this.budget, this.nameOf(name), this.parent.depth + 1)
    lane.quietUntil = this.parent.quietUntil
    return lane
  }

  private nameOf(name: string): string {
    return this.parent.name === 'raw' ? name : `${this.parent.name}+${name}`
  }

  private flushTags(): void {
    if (this.tags.size === 0) return
    this.tagLane ??= this.open('tags', this.parent.offsets.length)
    if (this.tagLane !== null) this.tags.flush(this.tagLane)
  }

  private feedRun(to: number, run: number): void {
    if (!this.runOpen) {
      this.runOpen = true
      this.runFed = to - run
      this.openRunViews()
    }
    for (const view of [...this.runs]) {
      const alive = this.decode(view.decoder, this.runFed, to)
      view.decoder.out.flush(view.lane)
      if (!alive) this.dropRun(view)
    }
    this.runFed = to
  }

  private openRunViews(): void {
    const { parent } = this
    const marked = parent.charCode(this.runFed) === 48 && (parent.charCode(this.runFed + 1) | 32) === 120
    if (marked) this.runFed += 2
    for (const kind of marked ? HEX_ONLY : BOTH) {
      const decoder = new RunDecoder(kind)
      // Most runs are names, paths and hashes: their beginning tells, before a view is opened for them.
      if (!this.decode(decoder, this.runFed, this.runFed + MIN_RUN - 2)) continue
      const lane = this.open(kind, this.runFed)
      if (lane !== null) this.runs.push({ decoder, lane })
    }
    this.runFed += MIN_RUN - 2
  }

  /** False when the run ends for this alphabet, or turns out not to be text. */
  private decode(decoder: RunDecoder, from: number, to: number): boolean {
    const { parent } = this
    const { offsets } = parent
    let alive = true
    for (let at = from; alive && at < to; at++)
      alive = decoder.take(parent.charCode(at), offsets.startOf(at), offsets.endOf(at)) && !decoder.out.binary
    return alive
  }

  private dropRun(view: RunView): void {
    view.lane.end()
    this.runs.splice(this.runs.indexOf(view), 1)
  }

  private endRun(): void {
    for (const view of [...this.runs]) this.dropRun(view)
    this.runOpen = false
  }

  /* escapes */

  private readEscapes(length: number, ended: boolean): void {
    let done = 0
    for (; done < this.waiting.length; done++) {
      const at = this.waiting[done]!
      if (!ended && length - at < LONGEST_ESCAPE) break
      if (at >= this.plainFrom || this.escapeLane === null) this.readOne(at, this.runsBefore[done]!)
    }
    if (done > 0) {
      this.waiting.splice(0, done)
      this.depths.splice(0, done)
      this.runsBefore.splice(0, done)
    }
    if (this.escapeLane === null) return
    const known = this.waiting.length > 0 ? this.waiting[0]! : length
    this.feedPlain(Math.min(known, this.lastEscape + ESCAPE_REACH))
    this.escapeText.flush(this.escapeLane)
    if (known > this.lastEscape + ESCAPE_REACH) this.closeEscapes()
  }

  private readOne(at: number, run: number): void {
    // Inside an escape that was read already: `\\u0025` holds a percent sign of its own.
    if (at < this.lastEscape) return
    const found = readEscape(this.parent.slice(at, at + LONGEST_ESCAPE))
    if (found === null) return
    if (this.escapeLane !== null && at > this.lastEscape + ESCAPE_REACH) {
      this.feedPlain(this.lastEscape + ESCAPE_REACH)
      this.closeEscapes()
    }
    if (this.escapeLane === null) {
      this.escapeLane = this.open(viewOf(this.parent.charCode(at)), at)
      if (this.escapeLane === null) return
      // A long run was read as a whole already; a piece of it would be read in another rhythm.
      const reach = run < MIN_RUN ? ESCAPE_REACH : 0
      this.plainFrom = Math.max(at - reach, this.lastEscape, this.parent.offsets.base)
      this.escapeLane.quietUntil = this.parent.offsets.startOf(at)
    }
    this.feedPlain(at)
    const { offsets } = this.parent
    const start = offsets.startOf(at)
    const end = offsets.endOf(at + found.length - 1)
    if (found.byte) this.escapeText.byte(found.value, start, end)
    else this.escapeText.add(found.value, start, end)
    this.plainFrom = at + found.length
    this.lastEscape = this.plainFrom
  }

  private feedPlain(to: number): void {
    const { offsets } = this.parent
    for (; this.plainFrom < to; this.plainFrom++)
      this.escapeText.unit(
        this.parent.charCode(this.plainFrom),
        offsets.startOf(this.plainFrom),
        offsets.endOf(this.plainFrom),
      )
  }

  private closeEscapes(): void {
    if (this.escapeLane === null) return
    this.escapeText.flush(this.escapeLane)
    this.escapeLane.end()
    this.escapeLane = null
    this.escapeText = new ByteText()
  }
}

function viewOf(code: number): string {
  return code === 37 ? 'percent' : code === 38 ? 'entities' : 'escapes'
}
