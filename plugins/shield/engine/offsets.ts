/**
 * Where each character of a view stands in the original text. Linear while nothing was folded away; arrays afterwards.
 * Old entries can be trimmed, so that a long stream costs a constant amount.
 */
export class Offsets {
  /** View offset of the first entry still known. */
  base = 0
  /** Characters seen so far. */
  length = 0
  private shift = 0
  private starts: Int32Array | null = null
  private ends: Int32Array | null = null
  private folded: Uint8Array | null = null

  /** Adds `count` characters that stand one to one at `origin`. */
  addLinear(count: number, origin: number): void {
    if (this.starts === null) {
      if (this.length === 0) this.shift = origin
      if (origin === this.length + this.shift) {
        this.length += count
        return
      }
      this.toArrays()
    }
    this.reserve(count)
    for (let i = 0; i < count; i++) this.put(origin + i, origin + i + 1, 0)
  }

  /** Adds characters with their places. `folded` marks those that are not what stands there. */
  addMapped(count: number, starts: ArrayLike<number>, ends: ArrayLike<number>, folded: ArrayLike<number> | null): void {
    if (this.starts === null) this.toArrays()
    this.reserve(count)
    for (let i = 0; i < count; i++) this.put(starts[i]!, ends[i]!, folded === null ? 0 : folded[i]!)
  }

  startOf(at: number): number {
    return this.starts === null ? at + this.shift : this.starts[at - this.base]!
  }

  endOf(at: number): number {
    return this.ends === null ? at + this.shift + 1 : this.ends[at - this.base]!
  }

  /** The lowest place at or behind a character: text that was sent backwards runs against the original. */
  lowestFrom(at: number): number {
    if (this.starts === null) return at + this.shift
    let lowest = this.starts[at - this.base]!
    for (let i = at + 1 - this.base; i < this.length - this.base; i++)
      if (this.starts[i]! < lowest) lowest = this.starts[i]!
    return lowest
  }

  /** Zero for plain text, 1 when characters were folded, 2 when characters were dropped in between. */
  kind(from: number, to: number): 0 | 1 | 2 {
    if (this.starts === null || this.ends === null || this.folded === null) return 0
    let kind: 0 | 1 = 0
    for (let at = from; at < to; at++) {
      if (at > from && this.starts[at - this.base] !== this.ends[at - 1 - this.base]) return 2
      if (this.folded[at - this.base] !== 0) kind = 1
    }
    return kind
  }

  trim(to: number): void {
    if (to <= this.base) return
    if (this.starts !== null && this.ends !== null && this.folded !== null) {
      const drop = to - this.base
      const used = this.length - this.base
      this.starts.copyWithin(0, drop, used)
      this.ends.copyWithin(0, drop, used)
      this.folded.copyWithin(0, drop, used)
    }
    this.base = to
  }

  private put(start: number, end: number, folded: number): void {
    const at = this.length++ - this.base
    this.starts![at] = start
    this.ends![at] = end
    this.folded![at] = folded
  }

  private toArrays(): void {
    const used = this.length - this.base
    const size = Math.max(256, used * 2)
    this.starts = new Int32Array(size)
    this.ends = new Int32Array(size)
    this.folded = new Uint8Array(size)
    for (let i = 0; i < used; i++) {
      this.starts[i] = this.base + i + this.shift
      this.ends[i] = this.base + i + this.shift + 1
    }
  }

  private reserve(count: number): void {
    const need = this.length - this.base + count
    if (need <= this.starts!.length) return
    const size = Math.max(need, this.starts!.length * 2)
    this.starts = grow(this.starts!, new Int32Array(size))
    this.ends = grow(this.ends!, new Int32Array(size))
    this.folded = grow(this.folded!, new Uint8Array(size))
  }
}

function grow<A extends Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from)
  return to
}
