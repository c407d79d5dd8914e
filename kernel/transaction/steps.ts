import type { Phase, StepReport } from '../contract/index.ts'
import { asPluginError } from './errors.ts'

/** Keeps the record of one transaction's phases. */
export class Steps {
  readonly startedAt = Date.now()
  readonly #begun = performance.now()
  readonly #list: StepReport[] = []

  get list(): readonly StepReport[] {
    return [...this.#list]
  }

  get ms(): number {
    return round(performance.now() - this.#begun)
  }

  /** Runs one phase; whatever it throws comes out as a PluginError of that phase. */
  async run<T>(phase: Phase, plugin: string, work: () => T | Promise<T>): Promise<T> {
    const begun = performance.now()
    try {
      const result = await work()
      this.note(phase, 'done', performance.now() - begun)
      return result
    } catch (error) {
      this.note(phase, 'failed', performance.now() - begun)
      throw asPluginError(error, { phase, plugin })
    }
  }

  note(phase: Phase, state: StepReport['state'], ms = 0): void {
    this.#list.push({ phase, state, ms: round(ms) })
  }
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000
