import { signal } from '@preact/signals'
import type { Area } from './define.ts'

export interface AreaTab {
  readonly href: string
  readonly path: string
  readonly title: string
}

/** What the shell knows of the page on screen. */
export interface PageFacts {
  readonly title: string
  readonly placeholder: string | null
  readonly hasLive: boolean
  readonly hasRange: boolean
}

export const pageFacts = signal<PageFacts>({ title: '', placeholder: null, hasLive: false, hasRange: false })

/** Tabs of each area, from the pages that plugins contributed and the person may see. */
export const areaTabs = signal<ReadonlyMap<Area, readonly AreaTab[]>>(new Map())

/** State of a UI module that outlives its next version: forms put what was typed here. */
const carried = new Map<string, unknown>()

/**
 * A value that survives the live replacement of the component: read at mount, written whenever it changes.
 * Keys are `plugin/name`; the value must be plain data.
 */
export const carry = {
  get: <T>(key: string): T | undefined => carried.get(key) as T | undefined,
  set: (key: string, value: unknown): void => {
    if (value === undefined) carried.delete(key)
    else carried.set(key, value)
  },
}
