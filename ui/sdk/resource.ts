import { type Signal, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { type ApiProblem, api, problemOf } from './api.ts'
import { onEvent, onResync } from './events.ts'
import { session } from './session.ts'

interface ResourceState<T> {
  readonly data: T | undefined
  readonly error: ApiProblem | null
  readonly loading: boolean
  /** Milliseconds UTC of the data; null before the first. */
  readonly at: number | null
}

export interface Resource<T> extends ResourceState<T> {
  /** Data are shown that are known not to be current: the last read failed, or they belong to the previous address. */
  readonly stale: boolean
  reload(): Promise<void>
  /** Puts a value in place of what was read, for writes whose answer is the new state. */
  put(value: T): void
}

export interface ResourceOptions {
  /** Event ids after which it is read again, at most once in 400 ms. */
  readonly live?: readonly string[]
  /** Milliseconds between reads while mounted. */
  readonly every?: number
  /** Show the data of the previous address while the next one loads. */
  readonly keep?: boolean
}

const SETTLE_MS = 400
/** Data this young are shown without another read when a page is opened again. */
const FRESH_MS = 2000
const KEPT = 60

class Entry<T> {
  readonly path: string
  readonly state: Signal<ResourceState<T>>
  private running: Promise<void> | undefined
  private again = false
  private timer: ReturnType<typeof setTimeout> | undefined
  users = 0

  constructor(path: string) {
    this.path = path
    this.state = signal<ResourceState<T>>({ data: undefined, error: null, loading: true, at: null })
  }

  /** Reads now; a call while a read runs makes exactly one more follow it. */
  load(): Promise<void> {
    if (this.running !== undefined) {
      this.again = true
      return this.running
    }
    this.state.value = { ...this.state.peek(), loading: true }
    this.running = this.read().finally(() => {
      this.running = undefined
      if (!this.again) return
      this.again = false
      void this.load()
    })
    return this.running
  }

  private async read(): Promise<void> {
    try {
      const data = await api.get<T>(this.path)
      this.state.value = { data, error: null, loading: false, at: Date.now() }
    } catch (error) {
      this.state.value = { ...this.state.peek(), error: problemOf(error), loading: false }
    }
  }

  /** Reads soon; a burst of events costs one read. */
  soon(): void {
    if (this.timer !== undefined) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      if (this.users > 0) void this.load()
    }, SETTLE_MS)
  }

  put(data: T): void {
    this.state.value = { data, error: null, loading: false, at: Date.now() }
  }

  isFresh(): boolean {
    const { at, error } = this.state.peek()
    return error === null && at !== null && Date.now() - at < FRESH_MS
  }
}

const entries = new Map<string, Entry<unknown>>()

function entryOf<T>(path: string): Entry<T> {
  const known = entries.get(path)
  if (known !== undefined) return known as Entry<T>
  for (const [key, entry] of entries) {
    if (entries.size < KEPT) break
    if (entry.users === 0) entries.delete(key)
  }
  const entry = new Entry<T>(path)
  entries.set(path, entry as Entry<unknown>)
  return entry
}

// Nobody may see what another session read.
session.subscribe(({ state }) => {
  if (state === 'none') for (const [path, entry] of entries) if (entry.users === 0) entries.delete(path)
})

/** Reads every resource again whose path starts so; for writes that change lists elsewhere. */
export function reloadResources(prefix: string): void {
  for (const [path, entry] of entries) {
    if (!path.startsWith(prefix)) continue
    if (entry.users > 0) void entry.load()
    else entries.delete(path)
  }
}

const NOTHING: ResourceState<never> = { data: undefined, error: null, loading: false, at: null }

/**
 * Data of an API address, shared by all components that use the same address and kept current by events.
 * `null` reads nothing, for addresses that are not known yet.
 */
export function useResource<T>(path: string | null, options: ResourceOptions = {}): Resource<T> {
  const entry = path === null ? null : entryOf<T>(path)
  const live = options.live?.join(' ') ?? ''
  useEffect(() => {
    if (entry === null) return undefined
    entry.users += 1
    if (!entry.isFresh()) void entry.load()
    const releases = live
      .split(' ')
      .filter(Boolean)
      .map(id => onEvent(id, () => entry.soon()))
    if (releases.length > 0) releases.push(onResync(() => entry.soon()))
    const timer = options.every === undefined ? undefined : setInterval(() => void entry.load(), options.every)
    return () => {
      entry.users -= 1
      clearInterval(timer)
      for (const release of releases) release()
    }
  }, [entry, live, options.every])

  const state: ResourceState<T> = entry === null ? NOTHING : entry.state.value
  const previous = useRef<T | undefined>(undefined)
  if (state.data !== undefined) previous.current = state.data
  const borrowed = state.data === undefined && options.keep === true && entry !== null && state.error === null
  const data = borrowed ? previous.current : state.data
  return {
    ...state,
    data,
    stale: data !== undefined && (borrowed || state.error !== null),
    reload: () => entry?.load() ?? Promise.resolve(),
    put: value => entry?.put(value),
  }
}
