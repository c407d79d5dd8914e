import { Buffer } from 'node:buffer'

/** Properties of characters as bits, one table read a character. */
export const RUN = 1
export const ESCAPE = 2
export const DIGIT = 4
export const WORD = 8
/** Ends a token: white space, quotes, brackets of markup, commas. */
export const TOKEN_STOP = 16
export const LINE_STOP = 32
/** Between the groups of a number. */
export const GAP = 64

export const FLAGS: Uint8Array = buildFlags()

function buildFlags(): Uint8Array {
  const flags = new Uint8Array(65_536)
  const mark = (chars: string, bit: number) => {
    for (let i = 0; i < chars.length; i++) flags[chars.charCodeAt(i)]! |= bit
  }
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  mark(`${letters}0123456789+/_-`, RUN)
  mark(`${letters}0123456789_`, WORD)
  mark('0123456789', DIGIT)
  mark('%&\\', ESCAPE)
  mark(' \t\r\n\f\v\0"\'`<>,', TOKEN_STOP)
  mark('\r\n', LINE_STOP)
  mark(' -', GAP)
  return flags
}

/** Bits of a sign: the keyword class of a character below, its flags above; those that need work are the highest. */
export const RUN_SHIFT = 8
export const GAP_SIGN = 1 << 9
export const SPECIAL_SIGN = 1 << 10
export const ESCAPE_SIGN = 1 << 10
export const DIGIT_SIGN = 1 << 11

/** All that scanning asks of a character in one number, so that it reads one table a character. */
export function signsOf(classOf: Uint8Array): Uint16Array {
  const signs = new Uint16Array(FLAGS.length)
  for (let code = 0; code < signs.length; code++) {
    const flag = FLAGS[code]!
    signs[code] =
      classOf[code]! |
      ((flag & RUN) !== 0 ? 1 << RUN_SHIFT : 0) |
      ((flag & GAP) !== 0 ? GAP_SIGN : 0) |
      ((flag & ESCAPE) !== 0 ? ESCAPE_SIGN : 0) |
      ((flag & DIGIT) !== 0 ? DIGIT_SIGN : 0)
  }
  return signs
}

/** Counting bytes is native, and faster than looking at each character. */
export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}
