/** The latest events, so that a browser that was away for a moment misses nothing. */
import { randomBytes } from 'node:crypto'

export interface LiveEvent {
  readonly seq: number
  readonly permission: string
  /** The event as it stands on the wire. */
  readonly text: string
}

const CAPACITY = 1000

export class EventRing {
  /** Ids of an earlier process mean nothing here; the prefix tells them apart. */
  readonly #epoch = randomBytes(6).toString('hex')
  readonly #events: LiveEvent[] = []
  #last = 0

  get lastId(): string {
    return `${this.#epoch}-${this.#last}`
  }

  add(event: { readonly id: string; readonly permission: string; readonly payload: unknown }): LiveEvent {
    this.#last += 1
    const name = event.id.replace(/[\r\n]/g, ' ')
    const data = JSON.stringify(event.payload ?? null)
    const text = `id: ${this.#epoch}-${this.#last}\nevent: ${name}\ndata: ${data}\n\n`
    const live = { seq: this.#last, permission: event.permission, text }
    this.#events.push(live)
    if (this.#events.length > CAPACITY) this.#events.shift()
    return live
  }

  /** Everything after an id; null when that cannot be told any more. */
  since(id: string): readonly LiveEvent[] | null {
    const match = /^([0-9a-f]{12})-(\d{1,15})$/.exec(id)
    if (match === null || match[1] !== this.#epoch) return null
    const seq = Number(match[2])
    const oldest = this.#events[0]?.seq ?? this.#last + 1
    if (seq > this.#last || seq < oldest - 1) return null
    return this.#events.slice(seq - oldest + 1)
  }
}
