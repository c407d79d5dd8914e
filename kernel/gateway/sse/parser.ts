/** An incremental parser of server-sent events that keeps the original bytes of each frame. */

/** One event with everything up to and including the blank line that ends it. */
export interface Frame {
  readonly raw: Buffer
  /** The `data` lines joined by line feeds, or null when there are none. */
  readonly data: string | null
  /** Comments and the values of other fields, joined by line feeds. Empty for a plain data frame. */
  readonly rest: string
  /** True when a line is no field that events have: this is hardly an event stream. */
  readonly strange: boolean
}

const LF = 10
const CR = 13

/**
 * Feed it bytes cut anywhere; it returns whole frames. Memory is one unfinished frame at most, bounded by `limit`.
 * Work is linear in the input: a growing frame is neither rescanned nor copied again at every chunk.
 */
export class SseParser {
  readonly #limit: number
  #pending: Buffer = Buffer.alloc(0)
  /** Bytes of `#pending` in use. */
  #length = 0
  /** Up to where `#pending` was searched for line ends, and where its current line began. */
  #scanned = 0
  #line = 0
  #first = true
  /** True once a CR was seen. */
  #carriage = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Throws RangeError when one frame exceeds the limit. */
  feed(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    const bytes = this.#join(chunk)
    const start = this.#scan(bytes, frames)
    this.#keep(bytes, start)
    return frames
  }

  /** What came after the last blank line: null when nothing, else a frame that was never ended. */
  end(): Frame | null {
    if (this.#length === 0) return null
    const raw = this.#pending.subarray(0, this.#length)
    this.#length = 0
    return this.#read(raw)
  }

  #join(chunk: Buffer): Buffer {
    if (this.#length === 0) return chunk
    const needed = this.#length + chunk.length
    if (needed > this.#pending.length) {
      const grown = Buffer.allocUnsafeSlow(needed * 2)
      this.#pending.copy(grown, 0, 0, this.#length)
      this.#pending = grown
    }
    chunk.copy(this.#pending, this.#length)
    return this.#pending.subarray(0, needed)
  }

  /** Collects whole frames and returns where the unfinished one begins. */
  #scan(bytes: Buffer, frames: Frame[]): number {
    this.#carriage ||= bytes.indexOf(CR, this.#scanned) !== -1
    let start = 0
    let line = this.#line
    let at = this.#scanned
    while (at < bytes.length) {
      at = this.#lineEnd(bytes, at)
      if (at === bytes.length) break
      const carriage = bytes[at] === CR
      // A CR at the very end may be half of a CRLF: only the next chunk can tell.
      if (carriage && at + 1 === bytes.length) break
      const next = carriage && bytes[at + 1] === LF ? at + 2 : at + 1
      if (at === line) {
        frames.push(this.#read(bytes.subarray(start, next)))
        start = next
      }
      at = next
      line = next
    }
    this.#line = line - start
    this.#scanned = at - start
    return start
  }

  /** Offset of the next LF or CR, or the length. Most streams have no CR at all, and are then searched natively. */
  #lineEnd(bytes: Buffer, from: number): number {
    if (!this.#carriage) {
      const found = bytes.indexOf(LF, from)
      return found === -1 ? bytes.length : found
    }
    let at = from
    while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at++
    return at
  }

  #keep(bytes: Buffer, start: number): void {
    const left = bytes.length - start
    if (left > this.#limit) throw new RangeError('An event exceeds the limit.')
    // Frames point into the buffer they were found in, so what remains moves to one of its own.
    if (left > 0 && (start > 0 || this.#length === 0)) {
      this.#pending = Buffer.allocUnsafeSlow(Math.max(1024, left * 2))
      bytes.copy(this.#pending, 0, start)
    }
    this.#length = left
  }

  #read(raw: Buffer): Frame {
    const text = raw.toString('utf8', this.#first && startsWithMark(raw) ? 3 : 0)
    this.#first = false
    // The usual frame: one data line, in some dialects after the event's name.
    const start = text.startsWith('event: ') ? text.indexOf('\n') + 1 : 0
    const end = text.indexOf('\n', start)
    const usual = text.startsWith('data: ', start) && end === text.length - 2 && text.charCodeAt(end + 1) === LF
    if (!usual || text.includes('\r')) return { raw, ...readLines(text) }
    return { raw, data: text.slice(start + 6, end), rest: text.slice(7, Math.max(7, start - 1)), strange: false }
  }
}

function startsWithMark(raw: Buffer): boolean {
  return raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf
}

const FIELDS = new Set(['', 'event', 'id', 'retry'])

function readLines(text: string): Omit<Frame, 'raw'> {
  const data: string[] = []
  const rest: string[] = []
  let strange = false
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === '') continue
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') data.push(value)
    else rest.push(value)
    strange ||= field !== 'data' && !FIELDS.has(field)
  }
  return { data: data.length > 0 ? data.join('\n') : null, rest: rest.join('\n'), strange }
}
