import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

export interface AreaBoxProps {
  title: string
  /** Columns of twelve from 1200 px; below it is always the full width. */
  width?: 3 | 4 | 5 | 6 | 7 | 8 | 12
  note?: ComponentChildren
  /** Link or legend at the end of the head. */
  end?: ComponentChildren
  /** Starts a row, so it has no hairline at its left. */
  first?: boolean
  children?: ComponentChildren
}

/** Part of a page, told from its neighbours by one hairline. */
export function AreaBox({ title, width = 12, note, end, first, children }: AreaBoxProps) {
  const id = useId()
  return (
    <section class={`area w-${width}`} data-first={first ? '' : undefined} aria-labelledby={id}>
      <div class="area-head">
        <h2 id={id}>{title}</h2>
        {note && <span class="quiet small">{note}</span>}
        {end && <div class="end small">{end}</div>}
      </div>
      {children}
    </section>
  )
}
