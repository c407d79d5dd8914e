import { link, setParams, useRoute } from './route.ts'

export interface InspectorState {
  /** Id of the open thing, or null. */
  readonly id: string | null
  /** Tab within the inspector, `''` for the first. */
  readonly tab: string
  /** Address that opens `id`, for row links. */
  href(id: string): string
  tabHref(tab: string): string
  open(id: string): void
  close(): void
}

/** The inspector of the page, held by the address: `?open=<id>&tab=<tab>`. */
export function useInspector(): InspectorState {
  const { query } = useRoute()
  return {
    id: query['open'] ?? null,
    tab: query['tab'] ?? '',
    href: id => link({ open: id, tab: null }),
    tabHref: tab => link({ tab: tab === '' ? null : tab }),
    open: id => setParams({ open: id, tab: null }),
    close: closeInspector,
  }
}

export function closeInspector(): void {
  const before = new URLSearchParams(location.search).get('open')
  setParams({ open: null, tab: null })
  // Focus returns to the row the inspector was opened from, once the row is rendered without it.
  if (before !== null) requestAnimationFrame(() => rowLink(before)?.focus())
}

function rowLink(id: string): HTMLElement | undefined {
  const links = document.querySelectorAll<HTMLAnchorElement>('.main a.title')
  return [...links].find(link => new URL(link.href).searchParams.get('open') === id)
}

/** Opens the neighbour of what the inspector shows, in the order of the list beside it. At the ends nothing happens. */
export function stepInspector(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('.main a.title')]
  const at = links.findIndex(link => link.closest('[data-open]') !== null)
  if (at >= 0) links[at + step]?.click()
}
