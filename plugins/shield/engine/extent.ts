import { FLAGS, LINE_STOP, TOKEN_STOP } from './flags.ts'

/** Characters between a name and the operator that assigns to it. */
const NAME_REACH = 32
const LEAD_REACH = 12

/**
 * Where the value behind an assignment ends, exclusive and with the character that ended it, or -1 while that has not arrived.
 * `from` is the end of the name's keyword. Text that is no assignment ends where that is clear.
 */
export function assignmentEnd(text: string, from: number, have: number): number {
  let at = from
  for (; ; at++) {
    if (at - from >= NAME_REACH) return at
    if (at >= have) return -1
    const code = text.charCodeAt(at)
    if ((FLAGS[code]! & LINE_STOP) !== 0) return at + 1
    if (isOperator(code)) break
  }
  const operator = at
  while (at < have && at - operator < LEAD_REACH && isLead(text.charCodeAt(at))) at++
  for (; at < have; at++) if ((FLAGS[text.charCodeAt(at)]! & TOKEN_STOP) !== 0) return at + 1
  return -1
}

const OPERATORS = '=:>|,?'
const LEADS = '=:>|,? \t\'"`\\('

function isOperator(code: number): boolean {
  return OPERATORS.includes(String.fromCharCode(code))
}

function isLead(code: number): boolean {
  return LEADS.includes(String.fromCharCode(code))
}

/** Long matches go on in blocks of this many characters, so that a stream never waits for their end. */
export const TAIL_BLOCK = 512
/** Room to see a key block's end mark as a whole. */
export const LONGEST_END = 64

const END_MARK = /-----END[ A-Z0-9_-]{0,40}-----/
const KEY_BODY = /^[A-Za-z0-9+/=\s\\:,"'-]*/
const TOKEN_BODY = /^[A-Za-z0-9_.~+/=-]*/

/** How much of a block's start still belongs to the match before it, and whether it may go on behind the block. */
export function tailLength(kind: 'token' | 'pem', block: string): { length: number; open: boolean } {
  const body = (kind === 'token' ? TOKEN_BODY : KEY_BODY).exec(block)![0].length
  if (kind === 'pem') {
    const mark = END_MARK.exec(block)
    if (mark !== null && mark.index <= Math.min(body, TAIL_BLOCK))
      return { length: mark.index + mark[0].length, open: false }
  }
  return { length: Math.min(body, TAIL_BLOCK), open: body >= TAIL_BLOCK }
}
