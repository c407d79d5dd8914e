import type { Pin } from '../ports.ts'
import type { Generation } from './generation.ts'
import type { Live } from './live.ts'

interface Holder {
  readonly live: Live
  pins: number
}

/**
 * Counts who still works on which snapshot. Pinning costs one increment; only the last release of a snapshot that has been
 * replaced looks for generations that nobody holds any more.
 */
export class Pins {
  #current: Holder
  readonly #replaced = new Set<Holder>()
  readonly #waiting = new Map<Generation, () => void>()

  constructor(live: Live) {
    this.#current = { live, pins: 0 }
  }

  get live(): Live {
    return this.#current.live
  }

  pin(): Pin {
    const holder = this.#current
    holder.pins += 1
    let released = false
    return {
      snapshot: holder.live.snapshot,
      release: () => {
        if (released) return
        released = true
        holder.pins -= 1
        if (holder.pins === 0 && holder !== this.#current) this.#drop(holder)
      },
    }
  }

  /** The swap: one assignment. */
  replace(live: Live): void {
    const old = this.#current
    this.#current = { live, pins: 0 }
    if (old.pins > 0) this.#replaced.add(old)
  }

  /** Holds one generation alone, for a run of its job. */
  hold(generation: Generation): () => void {
    generation.holds += 1
    let released = false
    return () => {
      if (released) return
      released = true
      generation.holds -= 1
      this.#wakeIdle()
    }
  }

  /** Pins that reach a generation. */
  count(generation: Generation): number {
    let count = generation.holds
    for (const holder of [this.#current, ...this.#replaced]) if (contains(holder, generation)) count += holder.pins
    return count
  }

  /** Resolves when nothing holds a generation that has left the current snapshot. */
  idle(generation: Generation): Promise<void> {
    if (this.#isIdle(generation)) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const before = this.#waiting.get(generation)
    this.#waiting.set(generation, () => {
      before?.()
      resolve()
    })
    return promise
  }

  #isIdle(generation: Generation): boolean {
    return generation.holds === 0 && ![...this.#replaced].some(holder => contains(holder, generation))
  }

  #drop(holder: Holder): void {
    this.#replaced.delete(holder)
    this.#wakeIdle()
  }

  #wakeIdle(): void {
    for (const [generation, wake] of this.#waiting) {
      if (!this.#isIdle(generation)) continue
      this.#waiting.delete(generation)
      wake()
    }
  }
}

function contains(holder: Holder, generation: Generation): boolean {
  return holder.live.generations.get(generation.plugin) === generation
}
