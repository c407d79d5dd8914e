/** Takes text of a view together with where each character stands in the original. */
export interface Feedable {
  feedMapped(text: string, starts: ArrayLike<number>, ends: ArrayLike<number>): void
}

/** Collects decoded characters until they are handed to a view in one piece. */
export class Builder {
  private codes: number[] = []
  private starts: number[] = []
  private ends: number[] = []

  get size(): number {
    return this.codes.length
  }

  /** Adds one code point that stands at [start, end) of the original. */
  add(point: number, start: number, end: number): void {
    if (point > 0xffff) {
      const high = point - 0x10000
      this.unit(0xd800 + (high >> 10), start, end)
      this.unit(0xdc00 + (high & 0x3ff), start, end)
    } else this.unit(point, start, end)
  }

  unit(code: number, start: number, end: number): void {
    this.codes.push(code)
    this.starts.push(start)
    this.ends.push(end)
  }

  /** Hands everything collected to the view. */
  flush(to: Feedable): void {
    if (this.codes.length === 0) return
    const { codes, starts, ends } = this
    this.codes = []
    this.starts = []
    this.ends = []
    to.feedMapped(textOf(codes, codes.length), starts, ends)
  }

  /** Like `flush`, last character first. */
  flushReversed(to: Feedable): void {
    this.codes.reverse()
    this.starts.reverse()
    this.ends.reverse()
    this.flush(to)
  }
}

/** A string of the first `count` UTF-16 units. */
export function textOf(codes: ArrayLike<number>, count: number): string {
  const whole = codes instanceof Uint16Array ? codes : Uint16Array.from(codes)
  let text = ''
  // In pieces, because every unit becomes an argument on the stack.
  for (let at = 0; at < count; at += 8192)
    text += String.fromCharCode.apply(null, whole.subarray(at, Math.min(count, at + 8192)) as unknown as number[])
  return text
}
