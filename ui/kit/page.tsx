import type { ComponentChildren } from 'preact'
import { useLayoutEffect } from 'preact/hooks'
import type { Area } from '../sdk/define.ts'
import { areaTabs, pageFacts } from '../sdk/page-state.ts'
import { useRoute } from '../sdk/route.ts'
import { type Tab, Tabs } from './tabs.tsx'

export interface PageFrameProps {
  /** Of the document, and of the head unless `head` is false. */
  title: string
  area?: Area
  /** Placeholder of the query bar: an example in the grammar. Absent leaves the bar to commands. */
  placeholder?: string
  /** The page takes live rows: shows the Live button. */
  live?: boolean
  /** The page understands `since:`: shows the time range. */
  range?: boolean
  /** False leaves out the head: the page opens with a sentence that carries its h1. */
  head?: boolean
  /** Replaces the tabs that come from the pages of the area. */
  tabs?: readonly Tab[]
  /** Buttons at the end of the head. */
  actions?: ComponentChildren
  /** The `<Inspector>` of what is open, beside the list. */
  inspector?: ComponentChildren
  children?: ComponentChildren
}

/** Frame of every page: main column, sticky head, inspector. A page component renders exactly one. */
export function Page({
  title,
  area,
  placeholder,
  live,
  range,
  head,
  tabs,
  actions,
  inspector,
  children,
}: PageFrameProps) {
  const hasLive = live === true
  const hasRange = range === true
  useLayoutEffect(() => {
    pageFacts.value = { title, placeholder: placeholder ?? null, hasLive, hasRange }
  }, [title, placeholder, hasLive, hasRange])
  return (
    <>
      <main class="main" id="main" tabIndex={-1}>
        {head !== false && <PageHead title={title} area={area} tabs={tabs} actions={actions} />}
        {children}
      </main>
      {inspector}
    </>
  )
}

function PageHead({ title, area, tabs, actions }: Pick<PageFrameProps, 'title' | 'area' | 'tabs' | 'actions'>) {
  const { path } = useRoute()
  const pages = area === undefined ? [] : (areaTabs.value.get(area) ?? [])
  const own = pages.length > 1 ? pages.map(page => ({ ...page, current: page.path === path })) : []
  const shown = tabs ?? own
  return (
    <header class="page-head">
      <h1>{title}</h1>
      {shown.length > 0 && <Tabs label={title} tabs={shown} />}
      {actions && <span class="end">{actions}</span>}
    </header>
  )
}
