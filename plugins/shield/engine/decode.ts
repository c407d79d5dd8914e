import { Builder } from './sink.ts'

/** Turns bytes into characters (UTF-8, and UTF-16 of ASCII by leaving NULs out) and notices when they are no text. */
export class ByteText extends Builder {
  /** True once the bytes are clearly not text. */
  binary = false
  private point = 0
  private missing = 0
  private start = 0
  private odd = 0
  private total = 0

  byte(value: number, start: number, end: number): void {
    this.total++
    if (this.missing > 0 && (value & 0xc0) === 0x80) {
      this.point = (this.point << 6) | (value & 0x3f)
      if (--this.missing === 0) this.add(this.point > 0x10ffff ? 0xfffd : this.point, this.start, end)
      return
    }
    if (this.missing > 0) this.strange()
    this.missing = 0
    if (value >= 0xc2 && value < 0xf5) {
      this.missing = value < 0xe0 ? 1 : value < 0xf0 ? 2 : 3
      this.point = value & (0x3f >> this.missing)
      this.start = start
    } else if (value >= 0x80) this.strange()
    else if (value !== 0) {
      if (value < 32 && value !== 9 && value !== 10 && value !== 13) this.strange()
      this.add(value, start, end)
    }
  }

  /** Text has next to no control characters and broken sequences; a quarter of random bytes are neither. */
  private strange(): void {
    this.odd++
    if (this.odd > 3 && this.odd * 5 > this.total) this.binary = true
  }
}

const BASE64 = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++)
  BASE64['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(i)] = i
BASE64[45] = 62
BASE64[95] = 63

/** Six-bit and four-bit alphabets, decoded a character at a time. */
export class RunDecoder {
  readonly out = new ByteText()
  readonly kind: 'base64' | 'hex'
  private bits = 0
  private count = 0
  private from = 0
  /** Original offset from which characters still wait for their byte to fill; -1 when none does. */
  get open(): number {
    return this.count === 0 ? -1 : this.from
  }

  constructor(kind: 'base64' | 'hex') {
    this.kind = kind
  }

  /** Takes one character of the run. False ends the run for this alphabet. */
  take(code: number, start: number, end: number): boolean {
    const width = this.kind === 'hex' ? 4 : 6
    const value = this.kind === 'hex' ? hexValue(code) : code < 128 ? BASE64[code]! : -1
    if (value < 0) return false
    const fresh = this.count === 0
    this.bits = ((this.bits << width) | value) & 0xffffff
    this.count += width
    if (fresh) this.from = start
    if (this.count >= 8) {
      this.count -= 8
      this.out.byte((this.bits >> this.count) & 0xff, this.from, end)
      this.from = start
    }
    return true
  }
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** An escape at the start of `text`: how long it is and what it stands for. */
export interface Escape {
  readonly length: number
  readonly value: number
  /** The value is a byte of UTF-8 rather than a character. */
  readonly byte: boolean
}

/** Longest escape that is understood, in characters. */
export const LONGEST_ESCAPE = 11

const NAMED: Readonly<Record<string, number>> = {
  amp: 38,
  lt: 60,
  gt: 62,
  quot: 34,
  apos: 39,
  nbsp: 32,
  sol: 47,
  bsol: 92,
  colon: 58,
  semi: 59,
  excl: 33,
  period: 46,
  comma: 44,
  lowbar: 95,
  equals: 61,
  Tab: 9,
  NewLine: 10,
}
const ENTITY = /^&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));?/
const SCRIPT = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|([0-3][0-7]{2}))/

/** Percent, HTML and script escapes. Null when there is none. */
export function readEscape(text: string): Escape | null {
  if (text.charCodeAt(0) === 37) return percent(text)
  if (text.charCodeAt(0) === 38) return entity(text)
  return script(text)
}

/** `\\uXXXX` and `\\xXX` are read by hand, the rarer forms by pattern. */
function script(text: string): Escape | null {
  const kind = text.charCodeAt(1)
  if (kind === 117 && text.charCodeAt(2) !== 123) {
    let value = 0
    for (let at = 2; at < 6; at++) {
      const digit = hexValue(text.charCodeAt(at))
      if (digit < 0) return null
      value = value * 16 + digit
    }
    return { length: 6, value, byte: false }
  }
  if (kind !== 117 && kind !== 120 && (kind < 48 || kind > 51)) return null
  const match = SCRIPT.exec(text)
  if (match === null) return null
  const [whole, byte, unit, point, octal] = match
  if (octal !== undefined) return { length: whole.length, value: Number.parseInt(octal, 8) & 0xff, byte: true }
  const value = Number.parseInt((byte ?? unit ?? point)!, 16)
  return { length: whole.length, value: value > 0x10ffff ? 0xfffd : value, byte: byte !== undefined }
}

function percent(text: string): Escape | null {
  const high = hexValue(text.charCodeAt(1))
  const low = hexValue(text.charCodeAt(2))
  return high < 0 || low < 0 ? null : { length: 3, value: high * 16 + low, byte: true }
}

function entity(text: string): Escape | null {
  const match = ENTITY.exec(text)
  if (match === null) return null
  const [whole, decimal, hex, name] = match
  const value = name !== undefined ? NAMED[name] : Number.parseInt((decimal ?? hex)!, decimal === undefined ? 16 : 10)
  if (value === undefined) return null
  return { length: whole.length, value: value > 0x10ffff ? 0xfffd : value, byte: false }
}
