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
