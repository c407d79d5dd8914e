/** A stored text cut where a finding or a removed span begins or ends. */
export interface Segment {
  readonly text: string
  /** Index of the worst finding that covers it, or null. */
  readonly finding: number | null
  /** True at the last segment of a finding, where its number stands. */
  readonly ends: boolean
  /** Name of what was removed here, or null. */
  readonly removed: string | null
}

export interface MarkedText {
  readonly text: string
  readonly marks: readonly { readonly start: number; readonly end: number; readonly finding: number }[]
  readonly removed: readonly { readonly start: number; readonly end: number; readonly label: string }[]
}

/** Cuts a text into segments; `rank` tells how grave a finding is, so that the worst one colours an overlap. */
export function cutText({ text, marks, removed }: MarkedText, rank: (finding: number) => number): Segment[] {
  const edges = [...marks, ...removed].flatMap(span => [span.start, span.end])
  const cuts = [...new Set([0, text.length, ...edges.filter(edge => edge > 0 && edge < text.length)])].sort(
    (a, b) => a - b,
  )
  return cuts.slice(0, -1).map((start, index) => {
    const end = cuts[index + 1] as number
    const covering = marks.filter(mark => mark.start <= start && mark.end >= end)
    const worst = covering.reduce<(typeof covering)[number] | null>(
      (best, mark) => (best === null || rank(mark.finding) > rank(best.finding) ? mark : best),
      null,
    )
    return {
      text: text.slice(start, end),
      finding: worst?.finding ?? null,
      ends: worst?.end === end,
      removed: removed.find(span => span.start <= start && span.end >= end)?.label ?? null,
    }
  })
}
