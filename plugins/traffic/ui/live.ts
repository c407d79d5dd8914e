import type { TrafficItem } from '../contract.ts'

/** What the list shows, and what waits behind the "show new calls" row. Both newest first. */
export interface LiveList {
  readonly shown: readonly TrafficItem[]
  readonly waiting: readonly TrafficItem[]
  /** Cursor of older calls, null at the end. */
  readonly next: string | null
}

export const EMPTY_LIST: LiveList = { shown: [], waiting: [], next: null }

/** Rows kept when the list grows by itself; older ones come back by scrolling. */
const KEEP = 500

/** New calls wait while someone reads, and are shown at once otherwise. A call that is known is left where it is. */
export function receive(list: LiveList, items: readonly TrafficItem[], reading: boolean): LiveList {
  const known = new Set([...list.shown, ...list.waiting].map(item => item.id))
  const fresh = items.filter(item => !known.has(item.id))
  if (fresh.length === 0) return list
  const waiting = newestFirst([...fresh, ...list.waiting])
  return reading ? { ...list, waiting } : showWaiting({ ...list, waiting })
}

export function showWaiting(list: LiveList): LiveList {
  if (list.waiting.length === 0) return list
  return {
    ...list,
    shown: newestFirst([...list.waiting, ...list.shown]).slice(0, Math.max(KEEP, list.waiting.length)),
    waiting: [],
  }
}

/** Appends a page of older calls. */
export function append(list: LiveList, items: readonly TrafficItem[], next: string | null): LiveList {
  const known = new Set(list.shown.map(item => item.id))
  return { ...list, shown: [...list.shown, ...items.filter(item => !known.has(item.id))], next }
}

function newestFirst(items: readonly TrafficItem[]): TrafficItem[] {
  return [...items].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
}
