import type { CallText } from 'clawnex/contract'
import type { TrafficFinding } from '../contract.ts'

/** Where a finding lies in the stored text. */
export interface Mark {
  readonly start: number
  readonly end: number
  /** Index in the findings of the call; numbers shown to people are one higher. */
  readonly finding: number
}

type Text = Pick<CallText, 'unit' | 'text' | 'removed'>

/**
 * Findings carry offsets in the original text, while the stored one has placeholders where spans were removed. A removed span
 * began where the text before it says, and ended where the findings that overlap it end; from that each later offset follows.
 */
export function placeMarks(text: Text, findings: readonly TrafficFinding[]): Mark[] {
  const own = findings.flatMap((found, index) => (found.unit === text.unit ? [{ ...found, index }] : []))
  const holes = findHoles(text, own)
  return own
    .map(found => ({
      start: toStored(found.start, holes, 'start'),
      end: toStored(found.end, holes, 'end'),
      finding: found.index,
    }))
    .map(mark => ({ ...mark, end: Math.min(mark.end, text.text.length) }))
    .filter(mark => mark.start < mark.end)
    .sort((a, b) => a.start - b.start || a.end - b.end)
}

type Own = Pick<TrafficFinding, 'start' | 'end' | 'category'>

interface Hole {
  readonly start: number
  readonly end: number
  readonly storedStart: number
  readonly storedEnd: number
}

function findHoles(text: Text, own: readonly Own[]): Hole[] {
  const holes: Hole[] = []
  let shift = 0
  for (const removed of [...text.removed].sort((a, b) => a.start - b.start)) {
    const start = removed.start + shift
    const end = growEnd(start, own)
    holes.push({ start, end, storedStart: removed.start, storedEnd: removed.end })
    shift = end - removed.end
  }
  return holes
}

/** End of the run of removed findings that begins at `start`. What begins before it was not removed there, or would begin earlier. */
function growEnd(start: number, own: readonly Own[]): number {
  const within = own.filter(found => found.start >= start).sort((a, b) => a.start - b.start || b.end - a.end)
  const removable = within.some(found => found.start === start && isRemovable(found))
    ? within.filter(isRemovable)
    : within
  let end = start
  for (const found of removable) if (found.start === start || found.start < end) end = Math.max(end, found.end)
  return end
}

/** Secrets and personal data never stay in a stored text; other findings are removed only when policy redacts them. */
function isRemovable({ category }: Own): boolean {
  return category === 'secret' || category === 'pii'
}

function toStored(offset: number, holes: readonly Hole[], side: 'start' | 'end'): number {
  let stored = offset
  for (const hole of holes) {
    if (offset < hole.start || (side === 'end' && offset === hole.start)) break
    if (offset < hole.end || (side === 'end' && offset === hole.end)) {
      return side === 'start' ? hole.storedStart : hole.storedEnd
    }
    stored = offset - hole.end + hole.storedEnd
  }
  return stored
}
