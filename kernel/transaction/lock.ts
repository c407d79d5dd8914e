/** One transaction at a time. Waiters come in the order they asked. */
export class Lock {
  #tail: Promise<void> = Promise.resolve()

  /** Resolves to the release once everyone before has released. */
  async acquire(): Promise<() => void> {
    const before = this.#tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tail = promise
    await before
    return resolve
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.acquire()
    try {
      return await work()
    } finally {
      release()
    }
  }
}
