import type { TrafficItem } from '../contract.ts'

/** What the list shows, and what waits behind the "show new calls" row. Both newest first. */
export interface LiveList {
  readonly shown: readonly TrafficItem[]
  readonly waiting: readonly TrafficItem[]
  /** Cursor of older calls, null at the end. */
  readonly next: string | null
  /** Set when more arrived than one page holds: the list then starts over at the waiting page. */
  readonly restart: { readonly next: string | null } | null
}

export interface CallPage {
  readonly items: readonly TrafficItem[]
  readonly next: string | null
}

export const EMPTY_LIST: LiveList = { shown: [], waiting: [], next: null, restart: null }

/** Takes the newest page: what is new in it waits while someone reads, and is shown at once otherwise. */
export function receive(list: LiveList, page: CallPage, reading: boolean): LiveList {
  if (list.shown.length === 0) return { ...EMPTY_LIST, shown: newestFirst(page.items), next: page.next }
  const known = new Set([...list.shown, ...list.waiting].map(item => item.id))
  const fresh = page.items.filter(item => !known.has(item.id))
  if (fresh.length === 0) return list
  // Nothing in common with a page that is not the last: calls in between are missing from what is known.
  const gap = fresh.length === page.items.length && page.next !== null
  const merged: LiveList = gap
    ? { ...list, waiting: newestFirst(page.items), restart: { next: page.next } }
    : { ...list, waiting: newestFirst([...fresh, ...list.waiting]) }
  return reading ? merged : showWaiting(merged)
}

export function showWaiting(list: LiveList): LiveList {
  if (list.waiting.length === 0) return list
  if (list.restart !== null) return { ...EMPTY_LIST, shown: list.waiting, next: list.restart.next }
  return { ...list, shown: newestFirst([...list.waiting, ...list.shown]), waiting: [] }
}

/** Appends a page of older calls. */
export function append(list: LiveList, page: CallPage): LiveList {
  const known = new Set(list.shown.map(item => item.id))
  return { ...list, shown: [...list.shown, ...page.items.filter(item => !known.has(item.id))], next: page.next }
}

function newestFirst(items: readonly TrafficItem[]): TrafficItem[] {
  return [...items].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
}
