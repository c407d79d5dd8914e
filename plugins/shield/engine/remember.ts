import type { Unit } from 'clawnex/contract'
import type { Assessment } from './assess.ts'

/** Below this length a scan costs no more than the hash. */
const SHORTEST = 160
const MOST = 4_000

export interface Memory {
  readonly assessment: Assessment
  /** The call in which the text was stopped first. */
  readonly stoppedBy: string | undefined
}

/**
 * Assessments of texts seen before: agents send their whole history with every call. Least recently used ones go first.
 * Keyed by a keyed hash, so that no text is kept and nobody outside can aim at a collision.
 */
export class Remembered {
  private readonly digest: (text: string) => string
  private readonly entries = new Map<string, Memory>()
  private lastText = ''
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
    if (unit.text.length < SHORTEST && stoppedBy === undefined) return
    const key = this.keyOf(unit)
    this.entries.set(key, { assessment, stoppedBy })
    if (stoppedBy !== undefined) this.stopped = true
    if (this.entries.size > MOST) this.entries.delete(this.entries.keys().next().value as string)
  }

  private keyOf(unit: Unit): string {
    const source = `${unit.origin} ${unit.direction} ${unit.tool ?? ''}\n${unit.text}`
    if (source === this.lastText) return this.lastKey
    this.lastText = source
    this.lastKey = this.digest(source)
    return this.lastKey
  }
}
