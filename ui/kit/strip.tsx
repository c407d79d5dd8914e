import type { ComponentChildren } from 'preact'

export interface StripCell {
  readonly verdict: 'allow' | 'none' | 'review' | 'block' | 'gap' | 'bypass'
  /** What the cell says to those who cannot see it, and on hover: "17:00, held for review". */
  readonly label: string
  /** Address of the calls behind it; stopped and held cells are links. */
  readonly href?: string
  readonly partial?: boolean
}

export interface StripRow {
  readonly key: string
  readonly name: ComponentChildren
  readonly note?: ComponentChildren
  readonly href: string
  readonly cells: readonly StripCell[]
  readonly count: ComponentChildren
}

/** Verdicts over time, one row each: height repeats the verdict, dots were not seen. Gaps are never filled in. */
export function Strips({ rows, axis }: { rows: readonly StripRow[]; axis: readonly string[] }) {
  return (
    <div class="strips">
      {rows.map(row => (
        <div class="strip-row" key={row.key}>
          <a class="name" href={row.href}>
            {row.name}
            {row.note && <small>{row.note}</small>}
          </a>
          <div class="strip">{row.cells.map(Cell)}</div>
          <span class="count small">{row.count}</span>
        </div>
      ))}
      <div class="strip-row strip-foot">
        <span class="name sr">Time axis</span>
        <div class="strip-axis axis-cell">
          {axis.map((label, index) => (
            <span key={index}>{label}</span>
          ))}
        </div>
      </div>
    </div>
  )
}

function Cell(cell: StripCell, index: number) {
  const partial = cell.partial ? '' : undefined
  if (cell.href === undefined) return <i key={index} data-v={cell.verdict} data-partial={partial} title={cell.label} />
  return (
    <a key={index} href={cell.href} data-v={cell.verdict} data-partial={partial} title={cell.label}>
      <span class="sr">{cell.label}</span>
    </a>
  )
}
