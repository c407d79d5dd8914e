import type { ComponentChildren } from 'preact'

export interface Hit {
  /** Offsets in the text, in UTF-16 units. */
  readonly start: number
  readonly end: number
  readonly severity: string
  /** Number in the list of findings. */
  readonly ref: number
}

export interface TurnProps {
  /** user, tool result, returned to agent. */
  who: ComponentChildren
  text: string
  hits?: readonly Hit[]
}

/** One turn of a call. Findings are marked and numbered; `[redacted: email 1]` is shown as a named removal. */
export function Turn({ who, text, hits = [] }: TurnProps) {
  return (
    <div class="turn">
      <span class="who">{who}</span>
      <pre>{markHits(text, hits)}</pre>
    </div>
  )
}

interface Piece {
  readonly text: string
  readonly hit: Hit | null
}

/** Cuts a text at its hits. Overlapping hits keep the first; offsets beyond the text are cut off. */
export function cutAtHits(text: string, hits: readonly Hit[]): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const hit of [...hits].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const start = Math.max(hit.start, 0)
    const end = Math.min(hit.end, text.length)
    if (start < at || end <= start) continue
    if (start > at) pieces.push({ text: text.slice(at, start), hit: null })
    pieces.push({ text: text.slice(start, end), hit })
    at = end
  }
  if (at < text.length) pieces.push({ text: text.slice(at), hit: null })
  return pieces
}

function markHits(text: string, hits: readonly Hit[]): ComponentChildren {
  return cutAtHits(text, hits).map(({ text: part, hit }, index) =>
    hit === null ? (
      redactions(part)
    ) : (
      <mark key={index} class="hit" data-sev={hit.severity}>
        {redactions(part)}
        <span class="ref">
          <span class="sr"> finding </span>
          {hit.ref}
        </span>
      </mark>
    ),
  )
}

const REDACTED = /(\[redacted(?:: ?[^\]]{1,60})?\])/

function redactions(text: string): ComponentChildren {
  if (!text.includes('[redacted')) return text
  return text.split(REDACTED).map((part, index) => {
    if (!REDACTED.test(part)) return part
    const name = part.slice(1, -1).replace(/^redacted:? ?/, '')
    return (
      <span key={index} class="redact">
        {name === '' ? 'redacted' : name}
      </span>
    )
  })
}

/** Turns in the order they were said. */
export function Turns({ children }: { children: ComponentChildren }) {
  return <div class="turns">{children}</div>
}
