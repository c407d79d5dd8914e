import type { ComponentChildren } from 'preact'
import type { ApiProblem } from '../sdk/api.ts'
import type { QueryState } from '../sdk/query.ts'
import { formatQuery } from '../sdk/query.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

export interface EmptyProps {
  /** Nothing yet · nothing matches · no permission · something is down. */
  kind: 'none' | 'match' | 'denied' | 'down'
  title: string
  icon?: IconName
  /** Buttons and links: the way to make it happen, or out of it. */
  actions?: ComponentChildren
  children?: ComponentChildren
}

const ICONS: Readonly<Record<EmptyProps['kind'], IconName>> = {
  none: 'clock',
  match: 'none',
  denied: 'lock',
  down: 'off',
}

/** What stands where nothing can be shown: why, and what to do. */
export function Empty({ kind, title, icon, actions, children }: EmptyProps) {
  return (
    <div class="empty" data-kind={kind}>
      <h2>
        <Icon name={icon ?? ICONS[kind]} />
        {title}
      </h2>
      <div class="prose">{children}</div>
      {actions && (
        <div class="row" data-wrap="">
          {actions}
        </div>
      )}
    </div>
  )
}

/** The state behind a failed read. `what` is the thing in the plural: "calls". */
export function Failed({ problem, what, retry }: { problem: ApiProblem; what: string; retry(): Promise<void> }) {
  if (problem.status === 403) {
    return (
      <Empty kind="denied" title={`You cannot see ${what}`}>
        {problem.detail ?? problem.action}
      </Empty>
    )
  }
  return (
    <Empty kind="down" title={problem.message.replace(/\.$/, '')} actions={<Button onClick={retry}>Retry now</Button>}>
      <p>
        {problem.detail} {problem.action}
      </p>
      <p class="quiet small mono">
        {problem.code}
        {problem.trace && `, trace ${problem.trace}`}
      </p>
    </Empty>
  )
}

/** Nothing matches: which filters there are, and which to drop. */
export function NoMatch({ query, what }: { query: QueryState; what: string }) {
  const { filters, since } = query
  const shown = formatQuery(
    since === null ? filters : [...filters, { field: 'since', op: '=', value: since, negated: false }],
  )
  return (
    <Empty
      kind="match"
      title={
        filters.length === 0
          ? `No ${what} since ${since}`
          : `Nothing matches ${filters.length === 1 ? 'the filter' : `${filters.length} filters`}`
      }
      actions={
        <>
          {filters.length > 0 && <Button onClick={query.clear}>Clear filters</Button>}
          {since !== null && (
            <Button kind="quiet" onClick={() => query.setSince(null)}>
              Any time
            </Button>
          )}
        </>
      }
    >
      <p>
        No {what} with <b>{shown}</b>.
      </p>
    </Empty>
  )
}
