import { role } from './role.ts'

const ROWS = [0, 1, 2, 3, 4]

/** Rows of the final height that stand for what loads. They appear after 150 ms, by style sheet, so fast answers do not flicker. */
export function Skeleton({ columns, rows = 5 }: { columns: number; rows?: number }) {
  return (
    <>
      {ROWS.slice(0, rows).map(row => (
        <tr key={row} {...role('row')} class="skel">
          {Array.from({ length: columns }, (_, cell) => (
            <td key={cell} {...role('cell')}>
              <span />
            </td>
          ))}
        </tr>
      ))}
    </>
  )
}
