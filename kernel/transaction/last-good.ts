import type { Origin } from '../generation/generation.ts'
import type { Facts } from './facts.ts'

/** Remembers which bundle of a plugin last went live, for a start at which its sources are broken. */
export class LastGood {
  readonly #facts: Facts

  constructor(facts: Facts) {
    this.#facts = facts
  }

  read(plugin: string): Origin | null {
    return (this.#facts.read(name(plugin)) as Origin | undefined) ?? null
  }

  /** Writes only what changed: a start with unchanged plugins costs no write. */
  remember(plugin: string, origin: Origin): void {
    if (JSON.stringify(this.read(plugin)) !== JSON.stringify(origin)) this.#facts.write(name(plugin), origin)
  }

  forget(plugin: string): void {
    if (this.read(plugin) !== null) this.#facts.write(name(plugin), null)
  }
}

const name = (plugin: string): string => `last-good.${plugin}`
