import type { Usage } from '../dialect.ts'
import { isObject } from '../json.ts'

const INPUT = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const

/**
 * Tokens of one answer. The first event tells those of the request and the first of the answer, later ones the total of what
 * they name. Tokens read from or written to the provider's cache are tokens of the request as well.
 */
export class UsageCount {
  readonly #parts = new Map<string, number>()

  /** What is known once `value`, the member of a body or event, was read; null when it says nothing. */
  read(value: unknown): Usage | null {
    if (!isObject(value)) return null
    let told = false
    for (const name of [...INPUT, 'output_tokens']) {
      const count = value[name]
      if (!Number.isSafeInteger(count) || (count as number) < 0) continue
      this.#parts.set(name, count as number)
      told = true
    }
    if (!told) return null
    const input = INPUT.reduce((sum, name) => sum + (this.#parts.get(name) ?? 0), 0)
    return { input, output: this.output }
  }

  get output(): number {
    return this.#parts.get('output_tokens') ?? 0
  }
}
