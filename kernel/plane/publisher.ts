import type { KeyObject } from 'node:crypto'
import { createPublicKey } from 'node:crypto'
import type { Logger } from '../contract/index.ts'
import { FILE_CALLS, type FileCalls } from './file-calls.ts'
import { openSigningKey } from './signing.ts'
import { loadSnapshot, sealSnapshot, writeSnapshot } from './snapshot-file.ts'

const RETRY_MS = 1000

/**
 * The dashboard's end of the snapshots: collects published values and, once per turn, makes them one signed snapshot on disk.
 * Before `begin` nothing is written, so a starting dashboard never shows the gateway half of its plugins.
 */
export class Publisher {
  readonly #dataDir: string
  readonly #log: Logger
  readonly #files: FileCalls
  readonly #key: KeyObject
  readonly #values = new Map<string, unknown>()
  readonly #onSnapshot: (text: string) => void
  #version = 0
  #text: string | undefined
  /** The values in force, as written; compared to find out whether anything changed. */
  #written = ''
  #begun = false
  #scheduled = false
  #retry: NodeJS.Timeout | undefined

  constructor(dataDir: string, log: Logger, onSnapshot: (text: string) => void, files: FileCalls = FILE_CALLS) {
    this.#dataDir = dataDir
    this.#log = log
    this.#files = files
    this.#onSnapshot = onSnapshot
    this.#key = openSigningKey(dataDir)
    const last = loadSnapshot(dataDir, createPublicKey(this.#key), (error, path) =>
      log.error({ error, path }, 'a snapshot on disk is not good'),
    )
    if (last === undefined) return
    this.#version = last.content.version
    this.#text = last.text
    this.#written = order(last.content.values)
  }

  set(key: string, value: unknown): void {
    if (value === undefined) this.#values.delete(key)
    // A copy of this moment: what the plugin changes later is not published.
    else this.#values.set(key, JSON.parse(JSON.stringify(value)))
    this.#schedule()
  }

  begin(): void {
    this.#begun = true
    this.#flush()
  }

  text(): string | undefined {
    return this.#begun ? this.#text : undefined
  }

  /** A gateway that is ahead, because the data folder was replaced under it, takes only a higher version. */
  catchUp(version: number): void {
    if (version <= this.#version || !this.#begun) return
    this.#version = version
    this.#written = ''
    this.#flush()
  }

  end(): void {
    if (this.#begun) this.#flush()
    this.#begun = false
    clearTimeout(this.#retry)
  }

  #schedule(): void {
    if (this.#scheduled || !this.#begun) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (this.#begun) this.#flush()
    })
  }

  #flush(): void {
    clearTimeout(this.#retry)
    const values = Object.fromEntries([...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)))
    const wanted = order(values)
    if (wanted === this.#written && this.#text !== undefined) return
    const text = sealSnapshot(this.#key, { version: this.#version + 1, at: Date.now(), values })
    try {
      writeSnapshot(this.#dataDir, text, this.#files)
    } catch (error) {
      this.#log.error({ error }, 'the snapshot could not be written; the gateway keeps the last one')
      this.#retry = setTimeout(() => this.#flush(), RETRY_MS)
      this.#retry.unref()
      return
    }
    this.#version += 1
    this.#text = text
    this.#written = wanted
    this.#onSnapshot(text)
  }
}

function order(values: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))
}
