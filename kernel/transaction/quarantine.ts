import type { Facts } from './facts.ts'

const FAILURES = 3
const WINDOW_MS = 10 * 60_000

interface Failures {
  /** Times of the latest failures. */
  readonly times: readonly number[]
  /** Fingerprint of the sources that failed last. */
  readonly source: string
  /** They loaded, and threw later. */
  readonly fault: boolean
}

/** A load at a start, any other load, or a throw of what was loaded. */
export type FailureKind = 'start' | 'load' | 'fault'

/**
 * Counts failures across restarts. Three within ten minutes keep the same sources from being tried on the kernel's own
 * account; changed sources or an operator's reload are always tried.
 */
export class Quarantine {
  readonly #facts: Facts

  constructor(facts: Facts) {
    this.#facts = facts
  }

  /** True when these sources are to be left alone. */
  holds(plugin: string, source: string, now = Date.now()): boolean {
    return this.isQuarantined(plugin, now) && this.#read(plugin).source === source
  }

  isQuarantined(plugin: string, now = Date.now()): boolean {
    const { times } = this.#read(plugin)
    const latest = times.at(-FAILURES)
    const last = times.at(-1)
    return latest !== undefined && last !== undefined && last - latest <= WINDOW_MS && now >= last
  }

  /**
   * Notes a failure. Returns whether the plugin is quarantined now. A start that meets the sources that failed last tells
   * nothing new, so a process that is started again and again does not add to the count.
   */
  fail(plugin: string, source: string, kind: FailureKind = 'load', now = Date.now()): boolean {
    const known = this.#read(plugin)
    if (kind !== 'start' || known.times.length === 0 || known.source !== source) {
      const times = [...known.times, now].slice(-FAILURES)
      this.#facts.write(name(plugin), { times, source, fault: kind === 'fault' })
    }
    return this.isQuarantined(plugin, now)
  }

  /** Notes a good load. Of sources that threw after they had loaded, it proves nothing. */
  settle(plugin: string, source: () => string): void {
    const known = this.#read(plugin)
    if (!known.fault || known.source !== source()) this.lift(plugin)
  }

  lift(plugin: string): void {
    if (this.#read(plugin).times.length > 0) this.#facts.write(name(plugin), null)
  }

  #read(plugin: string): Failures {
    const value = this.#facts.read(name(plugin)) as Partial<Failures> | null | undefined
    return {
      times: Array.isArray(value?.times) ? value.times : [],
      source: value?.source ?? '',
      fault: value?.fault === true,
    }
  }
}

const name = (plugin: string): string => `quarantine.${plugin}`
