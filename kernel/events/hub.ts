import { type EventToken, type Logger, type Release, tokenKey } from '../contract/index.ts'
import type { EventHub } from '../ports.ts'

type Listener = (payload: unknown) => unknown
type Tap = (event: { id: string; permission: string; payload: unknown }) => void

export interface HubOptions {
  readonly log: Logger
  /** Listeners that plugins declared, for as long as their generation is in force. */
  readonly declared: (key: string) => readonly { readonly call: Listener; readonly log: Logger }[]
}

/** Delivers events after the current turn, in the order of emission. A listener that throws is logged and harms nobody. */
export function createHub({ log, declared }: HubOptions): EventHub {
  const own = new Map<string, Set<Listener>>()
  const taps = new Set<Tap>()
  let queue: { token: EventToken<unknown>; payload: unknown }[] = []

  const deliver = (): void => {
    const batch = queue
    queue = []
    for (const { token, payload } of batch) {
      const key = tokenKey(token)
      for (const listener of [...(own.get(key) ?? [])]) call(listener, payload, log, key)
      for (const item of declared(key)) call(item.call, payload, item.log, key)
      const { permission } = token
      if (permission === undefined) continue
      for (const tap of [...taps]) call(() => tap({ id: token.id, permission, payload }), payload, log, key)
    }
  }

  return {
    on<E>(token: EventToken<E>, listener: (payload: E) => void | Promise<void>): Release {
      const key = tokenKey(token as unknown as EventToken<never>)
      const set = own.get(key) ?? new Set()
      own.set(key, set.add(listener as Listener))
      return () => void set.delete(listener as Listener)
    },
    emit<E>(token: EventToken<E>, payload: E): void {
      queue.push({ token: token as EventToken<unknown>, payload })
      if (queue.length === 1) setImmediate(deliver)
    },
    tap(listener) {
      taps.add(listener)
      return () => void taps.delete(listener)
    },
  }
}

function call(listener: Listener, payload: unknown, log: Logger, event: string): void {
  const failed = (error: unknown) => log.error({ err: error, event }, 'a listener threw')
  try {
    const result = listener(payload)
    if (result instanceof Promise) result.catch(failed)
  } catch (error) {
    failed(error)
  }
}
