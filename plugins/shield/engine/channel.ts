import type { AnswerStep, Finding, Redaction } from 'clawnex/contract'
import { type Assessment, addUp } from './assess.ts'
import { isAscii } from './flags.ts'
import { fuse } from './fuse.ts'
import { redactionOf } from './redact.ts'
import type { RuleSet } from './ruleset.ts'
import { Scan, tidy } from './scan.ts'

type Span = Omit<Redaction, 'unit'>
const SOURCE = { origin: 'model', direction: 'outbound' } as const

/** One streamed text of an answer: how far it may be shown, and what is taken out of it. */
export class AnswerChannel {
  private readonly set: RuleSet
  private readonly redacts: boolean
  private readonly scan: Scan
  private seen = 0
  private shown = 0
  /** Not yet settled: may still be joined with what follows. */
  private open: (Span & { rule: string })[] = []
  private settled: Span[] = []
  bytes = 0

  constructor(set: RuleSet, redacts: boolean) {
    this.set = set
    this.redacts = redacts
    this.scan = new Scan(set)
  }

  push(text: string): AnswerStep {
    this.bytes += utf8Length(text)
    this.scan.push(text)
    return this.step(this.scan.settled)
  }

  end(): AnswerStep {
    this.scan.end()
    return this.step(this.scan.size)
  }

  get truncated(): boolean {
    return this.scan.truncatedAt >= 0
  }

  assessment(): Assessment {
    return addUp(this.set, SOURCE, tidy(this.scan.matches()), this.scan.truncatedAt)
  }

  private step(known: number): AnswerStep {
    // Nothing is taken out in OBSERVE mode, so nothing has to wait.
    if (!this.redacts) {
      this.shown = this.scan.size
      return { releasable: this.shown, redactions: [] }
    }
    this.collect()
    let limit = known
    for (const span of this.open) if (span.start < limit && span.end > limit) limit = span.start
    this.shown = Math.max(this.shown, limit)
    this.settle()
    return { releasable: this.shown, redactions: this.settled }
  }

  /** Takes new matches into the open spans, joining those that overlap. */
  private collect(): void {
    const matches = this.scan.matches()
    if (matches.length === this.seen) return
    const fresh = matches.slice(this.seen)
    this.seen = matches.length
    for (const finding of fuse(this.set, { ...SOURCE, id: 0 }, fresh).findings) this.insert(finding)
    this.open.sort((a, b) => a.start - b.start || b.end - a.end)
    const joined: (Span & { rule: string })[] = []
    for (const span of this.open) {
      const last = joined.at(-1)
      if (last === undefined || span.start >= last.end) joined.push(span)
      else joined[joined.length - 1] = { ...last, end: Math.max(last.end, span.end) }
    }
    this.open = joined
  }

  private insert(finding: Finding): void {
    const redaction = redactionOf(finding)
    if (redaction === null) return
    const { start, end, placeholder } = redaction
    this.open.push({ start, end, placeholder, rule: finding.rule })
  }

  private settle(): void {
    if (this.open.length === 0) return
    const done = this.open.filter(span => span.end <= this.shown)
    if (done.length === 0) return
    this.open = this.open.filter(span => span.end > this.shown)
    const settled = [...this.settled]
    for (const { start, end, placeholder } of done) {
      const last = settled.at(-1)
      // The continuation of a long secret needs no placeholder of its own.
      const goesOn =
        last !== undefined && last.end === start && (last.placeholder === placeholder || last.placeholder === '')
      settled.push({ start, end, placeholder: goesOn ? '' : placeholder })
    }
    this.settled = settled
  }
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  if (isAscii(text)) return text.length
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2
  }
  return bytes
}
