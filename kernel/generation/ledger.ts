import { PluginError, type Release } from '../contract/index.ts'

export interface LedgerOptions {
  readonly plugin: string
  readonly generation: number
  /** Milliseconds each undo may take. */
  readonly undoTimeout?: number
}

const UNDO_MS = 5_000

/**
 * What a generation has opened and how to undo it. Undone in reverse order; every undo runs even when an earlier one failed,
 * each with its own time limit.
 */
export class Ledger {
  readonly #options: LedgerOptions
  #entries: { label: string; undo: Release }[] = []
  #closed = false

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  get labels(): readonly string[] {
    return this.#entries.map(entry => entry.label)
  }

  /** Opens and keeps the undo. When the ledger closed in the meantime, a late opening is undone at once and this throws. */
  async open(label: string, open: () => Release | Promise<Release>): Promise<void> {
    this.#refuseWhenClosed(label)
    const undo = await open()
    if (typeof undo !== 'function') throw new TypeError(`effect "${label}" must return its undo`)
    if (this.#closed) {
      await undo()
      this.#refuseWhenClosed(label)
    }
    this.#entries.push({ label, undo })
  }

  /** Adds the undo of something that is already open. */
  add(label: string, undo: Release): void {
    this.#refuseWhenClosed(label)
    this.#entries.push({ label, undo })
  }

  /** Undoes everything. Throws PLG_UNDO_FAILED naming what could not be undone; the rest is undone all the same. */
  async close(): Promise<void> {
    this.#closed = true
    const entries = this.#entries.reverse()
    this.#entries = []
    const failures: { label: string; error: unknown }[] = []
    for (const { label, undo } of entries) {
      const error = await runUndo(undo, this.#options.undoTimeout ?? UNDO_MS)
      if (error !== undefined) failures.push({ label, error })
    }
    if (failures.length > 0) throw this.#undoFailed(failures)
  }

  #refuseWhenClosed(label: string): void {
    if (this.#closed) throw new Error(`effect "${label}" came after its generation had ended`)
  }

  #undoFailed(failures: readonly { label: string; error: unknown }[]): PluginError {
    const { plugin, generation } = this.#options
    const detail = failures.map(({ label, error }) => `${label}: ${error instanceof Error ? error.message : error}`)
    return new PluginError(
      'PLG_UNDO_FAILED',
      { phase: 'retire', plugin, generation },
      { detail: detail.join('; '), cause: failures[0]?.error },
    )
  }
}

async function runUndo(undo: Release, timeout: number): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`did not return within ${timeout} ms`)), timeout)
  try {
    await Promise.race([(async () => undo())(), promise])
    return undefined
  } catch (error) {
    return error ?? new Error('threw nothing')
  } finally {
    clearTimeout(timer)
  }
}
