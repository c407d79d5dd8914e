import { useLocation } from 'preact-iso'

export interface Route {
  /** Without a trailing slash. */
  readonly path: string
  /** Parameters of the query string; the last of a name wins. */
  readonly query: Readonly<Record<string, string>>
}

/** The address shown now. The component renders again when it changes. */
export function useRoute(): Route {
  const { path, query } = useLocation()
  return { path, query }
}

/** Goes to an address of the dashboard: `/traffic?q=…`. */
export function navigate(url: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, '', url)
  else history.pushState(null, '', url)
  // The router listens to this event and reads the address from the location bar.
  dispatchEvent(new PopStateEvent('popstate'))
}

/** The present address with some parameters changed; `null` drops one. */
export function link(changes: Readonly<Record<string, string | null>>, path = location.pathname): string {
  const params = new URLSearchParams(path === location.pathname ? location.search : '')
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name)
    else params.set(name, value)
  }
  const query = params.toString()
  return query === '' ? path : `${path}?${query}`
}

/** Changes parameters of the present address. Steps that people want to go back over must not replace. */
export function setParams(changes: Readonly<Record<string, string | null>>, options: { replace?: boolean } = {}): void {
  navigate(link(changes), options)
}
