/**
 * Reads JSON so that what was scanned is what the other side will read: strict UTF-8, bounded depth, and a count of members
 * that reveals duplicate keys, of which two parsers may pick different ones.
 */
import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../contract/index.ts'

export interface Structure {
  /** Members of all objects as written, duplicates included. */
  readonly members: number
  /** Range of the value of the top-level member `model` with its quotes, when it is a plainly written string. */
  readonly model: { readonly start: number; readonly end: number } | null
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
const CLOSE_ARRAY = 0x5d
const CLOSE_OBJECT = 0x7d
const MODEL = '"model"'

/** Decodes strictly; throws GW_BODY. */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new GatewayError('GW_BODY', { detail: 'It is not valid UTF-8.' })
  return bytes.toString('utf8')
}

/**
 * One pass without recursion over text that may or may not be JSON. Throws GW_BODY beyond `depth`, so that neither the
 * parser nor a walk over its result can exhaust the stack.
 */
export function inspectStructure(text: string, depth: number): Structure {
  let level = 0
  let members = 0
  let model: Structure['model'] = null
  let atKey = false
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      const end = endOfString(text, at)
      if (level === 1 && atKey && end - at === MODEL.length && text.startsWith(MODEL, at))
        model = stringAfterColon(text, end)
      at = end - 1
      atKey = false
    } else if (unit === COLON) members++
    else if (unit === COMMA) atKey = true
    else if (unit === OPEN_OBJECT || unit === OPEN_ARRAY) {
      if (++level > depth) throw new GatewayError('GW_BODY', { detail: `It is nested deeper than ${depth} levels.` })
      atKey = true
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) level--
  }
  return { members, model }
}

/** Offset behind the closing quote of the string that opens at `start`, or the end of the input. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1)
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1)
  return quote === -1 ? text.length : quote + 1
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote - 1
  while (text.charCodeAt(at) === BACKSLASH) at--
  return (quote - at) % 2 === 0
}

function stringAfterColon(text: string, from: number): Structure['model'] {
  let at = skipSpace(text, from)
  if (text.charCodeAt(at) !== COLON) return null
  at = skipSpace(text, at + 1)
  return text.charCodeAt(at) === QUOTE ? { start: at, end: endOfString(text, at) } : null
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (' \n\r\t'.includes(text.charAt(at)) && at < text.length) at++
  return at
}

/** Parses an object; throws GW_BODY without quoting the input. */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message quotes the body, which must not travel into logs.
    throw new GatewayError('GW_BODY', { detail: 'It is not valid JSON.' })
  }
  if (!isObject(value)) throw new GatewayError('GW_BODY', { detail: 'It is not a JSON object.' })
  return value
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
