import { isAscii } from './flags.ts'
import { DROP, FOLD, foldAstral, HIGH, KEEP, POP, REVERSE, SELECTOR } from './fold-table.ts'
import { Builder, textOf } from './sink.ts'

/** Selectors in a row that no emoji has. */
const SMUGGLED = 4
/** An override longer than this is read in pieces. */
const LONGEST_REVERSAL = 900

/** Text after folding, with its places; `starts` is null where nothing changed. */
export interface Folded {
  readonly text: string
  readonly starts: Int32Array | null
  readonly ends: Int32Array | null
  readonly marks: Uint8Array | null
}

/** What folding finds besides the visible text. */
export interface Hidden {
  /** ASCII written in tag characters. */
  readonly tags: Builder
  /** Bytes written in variation selectors. */
  selector(value: number, start: number, end: number): void
  endSelectors(enough: boolean): void
  /** The text under a right-to-left override, in the order it was sent. */
  reversed(text: Builder): void
}

/** Folds text of any alphabet towards lower effort: invisible characters out, look-alikes to ASCII, hidden text aside. */
export class Folder {
  private selectors = 0
  private overriding = false
  private readonly override = new Builder()
  private readonly hidden: Hidden
  /** Original offset where an unfinished sequence began, -1 when there is none. */
  open = -1

  constructor(hidden: Hidden) {
    this.hidden = hidden
  }

  /** `starts` and `ends` are null for text that stands one to one from `origin`. */
  fold(text: string, origin: number, starts: ArrayLike<number> | null, ends: ArrayLike<number> | null): Folded | null {
    if (this.open < 0 && isAscii(text)) return null
    return this.foldSlow(text, origin, starts, ends)
  }

  /** Ends every unfinished sequence. */
  end(): void {
    this.closeSelectors()
    this.closeOverride()
    this.open = -1
  }

  private foldSlow(
    text: string,
    origin: number,
    starts: ArrayLike<number> | null,
    ends: ArrayLike<number> | null,
  ): Folded {
    const size = text.length
    const codes = new Uint16Array(size)
    const from = new Int32Array(size)
    const to = new Int32Array(size)
    const marks = new Uint8Array(size)
    let count = 0
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i)
      const start = starts === null ? origin + i : starts[i]!
      let end = ends === null ? origin + i + 1 : ends[i]!
      let out = code
      if (code >= 128) {
        let fold = FOLD[code]!
        if (fold === HIGH && i + 1 < size) {
          const low = text.charCodeAt(i + 1)
          if (low >= 0xdc00 && low < 0xe000) {
            const point = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
            const lowEnd = ends === null ? origin + i + 2 : ends[i + 1]!
            if (this.takeAstral(point, start, lowEnd)) {
              i++
              continue
            }
            fold = foldAstral(point)
            if (fold !== KEEP) {
              i++
              end = lowEnd
            }
          } else fold = KEEP
        }
        if (fold === SELECTOR) {
          this.takeSelector(code - 0xfe00, start, end)
          continue
        }
        if (fold === REVERSE) this.openOverride(start)
        else if (fold === POP) this.closeOverride()
        if (fold === DROP || fold === REVERSE || fold === POP) continue
        if (fold > HIGH) out = fold
      }
      if (this.selectors > 0) this.closeSelectors()
      if (this.overriding) this.collect(out, start, end)
      codes[count] = out
      from[count] = start
      to[count] = end
      marks[count] = out === code ? 0 : 1
      count++
    }
    return {
      text: textOf(codes, count),
      starts: from.subarray(0, count),
      ends: to.subarray(0, count),
      marks: marks.subarray(0, count),
    }
  }

  /** Tags and the supplementary selectors; true when the character is used up. */
  private takeAstral(point: number, start: number, end: number): boolean {
    if (point >= 0xe0000 && point <= 0xe007f) {
      const plain = point - 0xe0000
      if (plain >= 32 && plain < 127) this.hidden.tags.unit(plain, start, end)
      return true
    }
    if (point < 0xe0100 || point > 0xe01ef) return false
    this.takeSelector(point - 0xe0100 + 16, start, end)
    return true
  }

  private takeSelector(value: number, start: number, end: number): void {
    if (this.selectors === 0 && !this.overriding) this.open = start
    this.selectors++
    this.hidden.selector(value, start, end)
  }

  private closeSelectors(): void {
    if (this.selectors > 0) this.hidden.endSelectors(this.selectors >= SMUGGLED)
    this.selectors = 0
    if (!this.overriding) this.open = -1
  }

  private openOverride(start: number): void {
    this.closeOverride()
    this.overriding = true
    this.open = start
  }

  private collect(code: number, start: number, end: number): void {
    const { override } = this
    if (override.size >= LONGEST_REVERSAL) this.openOverride(start)
    else override.unit(code, start, end)
  }

  private closeOverride(): void {
    this.overriding = false
    if (this.selectors === 0) this.open = -1
    if (this.override.size > 0) this.hidden.reversed(this.override)
  }
}
