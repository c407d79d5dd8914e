import type { ComponentChildren } from 'preact'
import type { Resource } from '../sdk/resource.ts'
import { Icon } from './icon.tsx'
import { role } from './role.ts'
import { Skeleton } from './skeleton.tsx'

export interface Column<R> {
  readonly key: string
  readonly label: string
  cell(row: R): ComponentChildren
  /** Width class of the style sheet: `col-time`, `col-verdict`, `col-cost`, … Absent shares what is left. */
  readonly width?: string
  /** Right-aligned figures. */
  readonly num?: boolean
  readonly mono?: boolean
  readonly quiet?: boolean
  /** Place in the record below 760 px: `main` leads and carries the row's link, `lead` follows, `end` stands at the right, `drop` is left out. */
  readonly place?: 'main' | 'lead' | 'end' | 'drop'
  /** Left out of lists between 560 and 720 px. */
  readonly optional?: boolean
  /** Word before the value in records: `took 9 ms`. */
  readonly short?: string
  readonly sort?: 'ascending' | 'descending'
}

export interface TableProps<R> {
  /** For screen readers. */
  caption: string
  columns: readonly Column<R>[]
  rows: readonly R[] | undefined
  rowKey(row: R): string
  /** One link a row, in the `main` cell and stretched over the row. */
  href?(row: R): string
  /** Key of the row in the inspector. */
  open?: string | null
  isUnread?(row: R): boolean
  isDim?(row: R): boolean
  /** `<NewsRow>`: new rows that wait. */
  news?: ComponentChildren
  /** Shown below the head when there are no rows: an `<Empty>`. */
  empty?: ComponentChildren
  /** Head scrolls with the rows: a table inside an area. */
  fixedHead?: boolean
  density?: 'compact' | 'default' | 'touch'
  /** Flush with its area, without the page gutter. */
  inset?: boolean
  loading?: boolean
}

const cellClass = (column: Column<never>): string | undefined =>
  [
    column.place === 'main' && 'main-cell',
    column.place === 'lead' && 'lead',
    column.place === 'end' && 'end-cell',
    column.place === 'drop' && 'drop',
    column.num && 'num',
    column.mono && 'mono',
    column.quiet && 'quiet',
    column.optional && 'opt-col',
  ]
    .filter(Boolean)
    .join(' ') || undefined

/** Rows of one kind. At most eight columns; below 760 px each row becomes a record. */
export function Table<R>(props: TableProps<R>) {
  const { caption, columns, rows, news, fixedHead, density, inset } = props
  const waiting = rows === undefined && props.loading === true
  return (
    <>
      <table
        {...role('table')}
        class="table"
        data-static={fixedHead ? '' : undefined}
        data-density={density}
        data-inset={inset ? '' : undefined}
        aria-busy={waiting ? 'true' : undefined}
      >
        <caption class="sr">{caption}</caption>
        <thead {...role('rowgroup')}>
          <tr {...role('row')}>{columns.map(HeadCell)}</tr>
        </thead>
        <tbody {...role('rowgroup')}>
          {news}
          {waiting && <Skeleton columns={columns.length} />}
          {rows?.map(row => (
            <Row key={props.rowKey(row)} row={row} table={props} />
          ))}
        </tbody>
      </table>
      {!waiting && (rows === undefined || rows.length === 0) && props.empty}
    </>
  )
}

function HeadCell<R>(column: Column<R>) {
  const classes = [column.width, column.num && 'num', column.optional && 'opt-col'].filter(Boolean).join(' ')
  return (
    <th key={column.key} {...role('columnheader')} scope="col" class={classes || undefined} aria-sort={column.sort}>
      {column.label}
    </th>
  )
}

function Row<R>({ row, table }: { row: R; table: TableProps<R> }) {
  const key = table.rowKey(row)
  const isOpen = table.open === key
  return (
    <tr
      {...role('row')}
      data-key={key}
      data-open={isOpen ? '' : undefined}
      data-unread={table.isUnread?.(row) ? '' : undefined}
      data-dim={table.isDim?.(row) ? '' : undefined}
    >
      {table.columns.map(column => (
        <td key={column.key} {...role('cell')} class={cellClass(column as Column<never>)} data-label={column.short}>
          {column.place === 'main' && table.href ? (
            <a class="title" href={table.href(row)} aria-current={isOpen ? 'true' : undefined}>
              {column.cell(row)}
            </a>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  )
}

/** The line that holds new rows back while someone reads. `onShow` lets them in. */
export function NewsRow({
  count,
  what,
  columns,
  onShow,
}: {
  count: number
  what: string
  columns: number
  onShow(): void
}) {
  if (count === 0) return null
  return (
    <tr {...role('row')} class="news">
      <td {...role('cell')} colSpan={columns}>
        <button type="button" data-news="" onClick={onShow}>
          <Icon name="pause" small />
          Paused while you read. Show {count} new {what} <kbd>l</kbd>
        </button>
      </td>
    </tr>
  )
}

/** `rows` and `loading` of a list resource, for `<Table {...listOf(resource)}>`. */
export function listOf<R>(resource: Resource<{ items: readonly R[] }>): {
  rows: readonly R[] | undefined
  loading: boolean
} {
  return { rows: resource.data?.items, loading: resource.loading }
}
