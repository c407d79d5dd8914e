/** Cuts spans out of texts. */
import type { Redaction } from '../contract/index.ts'

export type Span = Omit<Redaction, 'unit'>

/**
 * The part of a text that lies in `[from, from + text.length)` of its whole, with the spans of the whole applied. A
 * placeholder stands in the part in which its span starts; parts it reaches into only lose their characters.
 */
export function cutSpans(text: string, from: number, spans: readonly Span[]): string {
  const to = from + text.length
  let result = ''
  let at = from
  for (const span of spans) {
    if (span.start >= to) break
    if (span.end <= at) continue
    result += text.slice(at - from, Math.max(at, span.start) - from)
    if (span.start >= from) result += span.placeholder
    at = Math.min(span.end, to)
  }
  return result + text.slice(at - from)
}

/** True when applying the spans would change the part. */
export function touches(from: number, length: number, spans: readonly Span[]): boolean {
  return spans.some(span => span.start < from + length && span.end > from)
}

/** Redactions by unit, each list ordered by start. */
export function byUnit(redactions: readonly Redaction[]): Map<number, Redaction[]> {
  const lists = new Map<number, Redaction[]>()
  for (const redaction of redactions) {
    const list = lists.get(redaction.unit)
    if (list) list.push(redaction)
    else lists.set(redaction.unit, [redaction])
  }
  for (const list of lists.values()) list.sort((a, b) => a.start - b.start)
  return lists
}
