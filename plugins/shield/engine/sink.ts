/** Takes text of a view together with where each character stands in the original. */
export interface Feedable {
  feedMapped(text: string, starts: ArrayLike<number>, ends: ArrayLike<number>): void
}

const NO_CODES = new Uint16Array(0)
const NO_PLACES = new Int32Array(0)

/** Collects decoded characters until they are handed to a view in one piece. */
export class Builder {
  size = 0
  private codes = NO_CODES
  private starts = NO_PLACES
  private ends = NO_PLACES

  /** Adds one code point that stands at [start, end) of the original. */
  add(point: number, start: number, end: number): void {
    if (point > 0xffff) {
      const high = point - 0x10000
      this.unit(0xd800 + (high >> 10), start, end)
      this.unit(0xdc00 + (high & 0x3ff), start, end)
    } else this.unit(point, start, end)
  }

  unit(code: number, start: number, end: number): void {
    if (this.size === this.codes.length) this.grow()
    const at = this.size++
    this.codes[at] = code
    this.starts[at] = start
    this.ends[at] = end
  }

  /** Hands everything collected to the view. The places are only lent: the view copies them. */
  flush(to: Feedable): void {
    const { size } = this
    if (size === 0) return
    this.size = 0
    to.feedMapped(textOf(this.codes, size), this.starts, this.ends)
  }

  /** Like `flush`, last character first. */
  flushReversed(to: Feedable): void {
    this.codes.subarray(0, this.size).reverse()
    this.starts.subarray(0, this.size).reverse()
    this.ends.subarray(0, this.size).reverse()
    this.flush(to)
  }

  private grow(): void {
    const length = Math.max(16, this.codes.length * 2)
    const { codes, starts, ends } = this
    this.codes = new Uint16Array(length)
    this.starts = new Int32Array(length)
    this.ends = new Int32Array(length)
    this.codes.set(codes)
    this.starts.set(starts)
    this.ends.set(ends)
  }
}

/** A string of the first `count` UTF-16 units. */
export function textOf(codes: Uint16Array, count: number): string {
  let text = ''
  // In pieces, because every unit becomes an argument on the stack.
  for (let at = 0; at < count; at += 8192)
    text += String.fromCharCode.apply(null, codes.subarray(at, Math.min(count, at + 8192)) as unknown as number[])
  return text
}
