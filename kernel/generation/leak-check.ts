import type { Logger } from '../contract/index.ts'
import type { Generation } from './generation.ts'

/** After this long more than two uncollected generations of a plugin mean that something holds on to retired code. */
const PATIENCE_MS = 10 * 60_000
const ALLOWED = 2

interface Watched {
  readonly plugin: string
  readonly number: number
  readonly code: WeakRef<object>
  readonly since: number
}

/** Watches, without holding them, whether retired generations are collected. */
export class LeakCheck {
  #watched: Watched[] = []

  /** Follows the definition: any closure of the plugin that survives keeps it alive. */
  watch({ plugin, number, definition }: Generation): void {
    if (definition === null) return
    this.#watched.push({ plugin, number, code: new WeakRef(definition), since: Date.now() })
  }

  /** Generations whose code has not been collected, by plugin. */
  alive(): ReadonlyMap<string, number> {
    this.#watched = this.#watched.filter(({ code }) => code.deref() !== undefined)
    const counts = new Map<string, number>()
    for (const { plugin } of this.#watched) counts.set(plugin, (counts.get(plugin) ?? 0) + 1)
    return counts
  }

  /** Warns about plugins with too many old generations alive. */
  report(log: Logger, now = Date.now()): void {
    this.alive()
    const old = Map.groupBy(
      this.#watched.filter(({ since }) => now - since > PATIENCE_MS),
      ({ plugin }) => plugin,
    )
    for (const [plugin, list] of old) {
      if (list.length <= ALLOWED) continue
      const generations = list.map(({ number }) => number)
      log.warn(
        { plugin, generations },
        'retired code is still in memory: a timer, listener or cache outside effect() holds it',
      )
    }
  }
}
