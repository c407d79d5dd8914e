import { textOf } from './sink.ts'

/** A reading of a whole text in which it was disguised, with the places of its characters. */
export interface Reading {
  readonly name: string
  readonly text: string
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/** Longer texts are not read in these ways: nobody disguises a book. */
const LONGEST = 65_536
/** Letters set apart in a row that no list of initials has. */
const SPACED = 9
/** Digits that touch letters: so many of them, and so close together, that they stand for letters. */
const LEET_PLACES = 6
const LEET_EVERY = 16
/** What a text announces about itself; found by the automaton, see `ruleset.ts`. */
export const ROTATED = 1
export const BACKWARDS = 2

const LEET: ReadonlyMap<number, number> = new Map(
  [...'0o1i3e4a5s7t@a$s'.matchAll(/(.)(.)/g)].map(([, from, to]) => [from!.charCodeAt(0), to!.charCodeAt(0)]),
)

const NOTHING = { apart: 0, leet: 0 }

/** The readings worth a scan: letters set apart, digits for letters, and what the text itself announces. */
export function readings(text: string, announced: number): readonly Reading[] {
  if (text.length > LONGEST || text.length < 16) return []
  const found: Reading[] = []
  const { apart, leet } = maySetApart(text) || mayBeLeet(text) ? measure(text) : NOTHING
  if (apart >= SPACED) found.push(joinLetters(text))
  if (leet >= LEET_PLACES && leet * LEET_EVERY >= text.length)
    found.push(mapped('leet', text, code => LEET.get(code) ?? code))
  if ((announced & ROTATED) !== 0) found.push(mapped('rot13', text, rotate))
  if ((announced & BACKWARDS) !== 0) found.push(backwards(text))
  return found
}

/** Letters, digits and marks by code; what is beyond the table is ink like they are. */
const INK = Uint8Array.from({ length: 128 }, (_, code) => (isInk(code) ? 1 : 0))
const LEET_MARK = /[013457@$]/g
const BLOCK = 8

/**
 * False when no row of letters can be set apart. Such a row is at least twice `BLOCK` long and has no two characters of ink side
 * by side, so in each block of an ordinary text the first look or two rule it out.
 */
function maySetApart(text: string): boolean {
  for (let block = 0; block + BLOCK <= text.length; block += BLOCK) {
    let at = block
    while (at < block + BLOCK - 1 && !(inkAt(text, at) && inkAt(text, at + 1))) at++
    if (at === block + BLOCK - 1) return true
  }
  return false
}

function inkAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 128 || INK[code] === 1
}

/** False when there are too few digits and marks for any of them to stand for letters. */
function mayBeLeet(text: string): boolean {
  const needed = Math.max(LEET_PLACES, text.length / LEET_EVERY)
  LEET_MARK.lastIndex = 0
  for (let count = 0; count < needed; count++) if (!LEET_MARK.test(text)) return false
  return true
}

/** The longest row of letters set apart, and how often a digit or mark touches a letter where one would read a letter. */
function measure(text: string): { apart: number; leet: number } {
  let apart = 0
  let row = 0
  let leet = 0
  let before = 32
  let code = 32
  for (let i = 0; i <= text.length; i++) {
    const after = i < text.length ? text.charCodeAt(i) : 32
    // `code` is the character in the middle of `before code after`.
    if (isMark(after) || after <= 32) {
      if (isInk(code) && !isInk(before)) row++
      else if (isInk(code)) row = 0
      if (row > apart) apart = row
    }
    if (code < 65 && LEET_CODE[code] === 1 && (isLetter(before) || isLetter(after))) leet++
    before = code
    code = after
  }
  return { apart, leet }
}

const LEET_CODE = Uint8Array.from({ length: 65 }, (_, code) => (LEET.has(code) ? 1 : 0))

function mapped(name: string, text: string, map: (code: number) => number): Reading {
  const codes = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) codes[i] = map(text.charCodeAt(i))
  return { name, text: textOf(codes, text.length), ...places(text.length, i => i) }
}

function rotate(code: number): number {
  const base = code >= 97 && code <= 122 ? 97 : code >= 65 && code <= 90 ? 65 : 0
  return base === 0 ? code : base + ((code - base + 13) % 26)
}

function backwards(text: string): Reading {
  const last = text.length - 1
  return { name: 'backwards', text: textOf(reversedCodes(text), text.length), ...places(text.length, i => last - i) }
}

function reversedCodes(text: string): Uint16Array {
  return Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(text.length - 1 - i))
}

/** Letters set apart by one mark are joined; wider gaps become one space. */
function joinLetters(text: string): Reading {
  const codes = new Uint16Array(text.length)
  const at = new Int32Array(text.length)
  let count = 0
  const put = (code: number, place: number) => {
    codes[count] = code
    at[count++] = place
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const between = isMark(code) && isInk(text.charCodeAt(i - 1)) && isInk(text.charCodeAt(i + 1))
    const alone = between && (!isInk(text.charCodeAt(i - 2)) || !isInk(text.charCodeAt(i + 2)))
    if (alone) continue
    if (code === 32 && count > 0 && codes[count - 1] === 32) continue
    put(code, i)
  }
  return { name: 'spaced', text: textOf(codes, count), ...places(count, i => at[i]!) }
}

function isLetter(code: number): boolean {
  return (code | 32) >= 97 && (code | 32) <= 122
}

function isMark(code: number): boolean {
  return code === 32 || code === 46 || code === 42 || code === 95 || code === 124 || code === 126 || code === 45
}

/** Neither a mark nor white space nor the end of the text. */
function isInk(code: number): boolean {
  return code > 32 && !isMark(code)
}

function places(count: number, place: (i: number) => number): { starts: Int32Array; ends: Int32Array } {
  const starts = Int32Array.from({ length: count }, (_, i) => place(i))
  return { starts, ends: starts.map(start => start + 1) }
}
