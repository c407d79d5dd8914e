import type { Unit } from 'clawnex/contract'
import { type Assessment, CLEAN } from './assess.ts'

/** Below this length a scan costs no more than the hash. */
const SHORTEST = 384
const MOST = 4_000

export interface Memory {
  readonly assessment: Assessment
  /** The call in which the text was stopped first. */
  readonly stoppedBy: string | undefined
}

/** One for all harmless texts, which are nearly all: thousands of equal objects would keep the collector busy. */
const HARMLESS: Memory = { assessment: CLEAN, stoppedBy: undefined }

/**
 * Assessments of texts seen before: agents send their whole history with every call. Least recently used ones go first.
 * Keyed by a keyed hash, so that no text is kept and nobody outside can aim at a collision.
 */
export class Remembered {
  private readonly digest: (text: string) => string
  private readonly entries = new Map<string, Memory>()
  /** The unit asked for last: it is the next one to be kept. */
  private lastUnit: Unit | null = null
  private lastKey = ''
  /** Until a text was stopped, short texts need no look-up. */
  private stopped = false

  constructor(digest: (text: string) => string) {
    this.digest = digest
  }

  find(unit: Unit): Memory | null {
    if (unit.text.length < SHORTEST && !this.stopped) return null
    const key = this.keyOf(unit)
    const entry = this.entries.get(key)
    if (entry === undefined) return null
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry
  }

  /** Short texts are kept only when they were stopped. */
  keep(unit: Unit, assessment: Assessment, stoppedBy: string | undefined): void {
    if (unit.text.length >= SHORTEST || stoppedBy !== undefined) this.set(this.keyOf(unit), assessment, stoppedBy)
    this.lastUnit = null
  }

  private set(key: string, assessment: Assessment, stoppedBy: string | undefined): void {
    const harmless = assessment === CLEAN && stoppedBy === undefined
    this.entries.set(key, harmless ? HARMLESS : { assessment, stoppedBy })
    if (stoppedBy !== undefined) this.stopped = true
    if (this.entries.size > MOST) this.entries.delete(this.entries.keys().next().value as string)
  }

  private keyOf(unit: Unit): string {
    if (unit !== this.lastUnit) {
      this.lastKey = this.digest(`${unit.origin} ${unit.direction} ${unit.tool ?? ''}\n${unit.text}`)
      this.lastUnit = unit
    }
    return this.lastKey
  }
}
