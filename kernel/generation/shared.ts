import type { Release } from '../contract/index.ts'

interface Entry {
  users: number
  readonly opened: Promise<{ value: unknown; close: Release }>
}

/**
 * Resources that outlive generations: opened by the first user of a key, closed when the last one is gone. The new generation
 * takes its share before the old one gives it back, so a reload finds the resource warm.
 */
export class SharedPool {
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new Map<string, Promise<void>>()

  get keys(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /** Returns the value and the release of this user's share. A failed opening leaves nothing behind. */
  async take<R>(
    key: string,
    open: () => Promise<{ value: R; close: Release }>,
  ): Promise<{ value: R; release: () => Promise<void> }> {
    await this.#closing.get(key)
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { users: 0, opened: open() }
      this.#entries.set(key, entry)
    }
    entry.users += 1
    try {
      const { value } = await entry.opened
      return { value: value as R, release: this.#releaseOnce(key, entry) }
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      throw error
    }
  }

  #releaseOnce(key: string, entry: Entry): () => Promise<void> {
    let released = false
    return async () => {
      if (released) return
      released = true
      entry.users -= 1
      if (entry.users === 0) await this.#close(key, entry)
    }
  }

  async #close(key: string, entry: Entry): Promise<void> {
    this.#entries.delete(key)
    const closing = entry.opened.then(({ close }) => close())
    const settled = closing.then(
      () => {},
      () => {},
    )
    this.#closing.set(key, settled)
    try {
      await closing
    } finally {
      if (this.#closing.get(key) === settled) this.#closing.delete(key)
    }
  }
}
