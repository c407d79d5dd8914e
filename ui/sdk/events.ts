import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

export interface StreamState {
  readonly state: 'connecting' | 'live' | 'lost'
  /** Milliseconds UTC of the last change of state. */
  readonly since: number
}

/** State of the one event stream, shown in the status line. */
export const stream = signal<StreamState>({ state: 'connecting', since: Date.now() })

type Listener = (payload: unknown) => void

const listeners = new Map<string, Set<Listener>>()
const resyncs = new Set<() => void>()
const HIDDEN_MS = 5000
const REFUSED_MS = 3000

let isWanted = false
/** Streams refused in a row: the first is looked into at once, for it usually is the end of the session. */
let refusals = 0
let source: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined

function set(state: StreamState['state']): void {
  if (stream.peek().state !== state) stream.value = { state, since: Date.now() }
}

/** Opens the stream. The shell calls it once a session is known. */
export function openStream(): void {
  isWanted = true
  if (source !== undefined || document.visibilityState === 'hidden') return
  clearTimeout(retry)
  const opened = new EventSource('/api/v1/events')
  source = opened
  for (const name of listeners.keys()) opened.addEventListener(name, dispatch)
  // The server's word for "you missed something": too long away, or too slow.
  opened.addEventListener('reset', () => {
    for (const resync of resyncs) resync()
  })
  let lost = false
  opened.onopen = () => {
    set('live')
    refusals = 0
    // What happened in between may be beyond the resume buffer, so everything live is read again.
    if (lost) for (const resync of resyncs) resync()
    lost = false
  }
  opened.onerror = () => {
    lost = true
    set('lost')
    // The browser retries by itself unless the answer was not a stream; then only we can.
    if (opened.readyState !== EventSource.CLOSED) return
    drop()
    retry = setTimeout(() => reopen(), refusals === 0 ? 0 : REFUSED_MS)
    refusals += 1
  }
}

/** After a stream that the server refused: the session decides whether there is anything to open. */
let reopen = (): void => openStream()

/** Lets the shell look at the session before the stream is tried again. */
export function beforeReopen(check: () => Promise<boolean>): void {
  reopen = () => {
    void check().then(open => {
      if (!open) return
      openStream()
      for (const resync of resyncs) resync()
    })
  }
}

export function closeStream(): void {
  isWanted = false
  drop()
  set('lost')
}

function drop(): void {
  clearTimeout(retry)
  source?.close()
  source = undefined
}

/** Browsers grant six connections to one host for all tabs together, so a tab nobody looks at gives its own back. */
export function followVisibility(): void {
  let leaving: ReturnType<typeof setTimeout> | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(leaving)
    if (document.visibilityState === 'hidden') {
      leaving = setTimeout(drop, HIDDEN_MS)
    } else if (isWanted && source === undefined) {
      openStream()
      for (const resync of resyncs) resync()
    }
  })
}

function dispatch(event: Event): void {
  const { type, data } = event as MessageEvent<string>
  const payload: unknown = JSON.parse(data)
  for (const listener of [...(listeners.get(type) ?? [])]) listener(payload)
}

/** Calls back for each event of that id until released. */
export function onEvent<E>(eventId: string, listener: (payload: E) => void): () => void {
  const known = listeners.get(eventId)
  const set = known ?? new Set<Listener>()
  if (known === undefined) {
    listeners.set(eventId, set)
    source?.addEventListener(eventId, dispatch)
  }
  set.add(listener as Listener)
  return () => set.delete(listener as Listener)
}

/** Calls back when the stream came back after a gap. */
export function onResync(listener: () => void): () => void {
  resyncs.add(listener)
  return () => resyncs.delete(listener)
}

/** Receives events of that id (`traffic.call`) while the component is mounted. `listener` may change on every render. */
export function useEvents<E>(eventId: string, listener: (payload: E) => void): void {
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => onEvent<E>(eventId, payload => latest.current(payload)), [eventId])
}
