/** Strict JSON of request bodies. */
import { ApiError } from '../contract/index.ts'

const MAX_DEPTH = 64
/** Members and items in all; a schema check of more would hold the event loop noticeably. */
const MAX_VALUES = 50_000
/** Keys that reach prototypes when a careless merge copies them. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor'])

/**
 * Parses UTF-8 JSON. Refuses invalid UTF-8, a byte order mark, NUL in strings, a key that stands twice, prototype keys and
 * nesting beyond 64 levels, all without recursion. Throws API_JSON_INVALID or API_JSON_DEPTH.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  scan(text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError('API_JSON_INVALID', { cause })
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new ApiError('API_JSON_INVALID', { detail: 'The body is not UTF-8.', cause })
  }
}

/** Walks over the text once. It may be invalid JSON: then this finds nothing and the parser complains. */
function scan(text: string): void {
  /** One entry an open bracket: the keys of an object, null for an array. */
  const open: (Set<string> | null)[] = []
  let values = 0
  let wantsKey = false
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
      case 0x5b: // [
        if (open.length === MAX_DEPTH) throw new ApiError('API_JSON_DEPTH')
        wantsKey = text[at] === '{'
        open.push(wantsKey ? new Set() : null)
        break
      case 0x7d: // }
      case 0x5d: // ]
        open.pop()
        wantsKey = false
        break
      case 0x2c: // ,
        wantsKey = (open.at(-1) ?? null) !== null
        values += 1
        if (values > MAX_VALUES) throw invalid(`It has more than ${MAX_VALUES} values.`)
        break
      case 0x22: {
        const end = endOfString(text, at)
        if (wantsKey) addKey(open.at(-1) ?? null, text.slice(at, end + 1))
        wantsKey = false
        at = end
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at
    if (code !== 0x5c) continue
    if (text.startsWith('u0000', at + 1)) throw invalid('A string contains the NUL character.')
    at += 1
  }
  throw invalid('A string has no end.')
}

function addKey(keys: Set<string> | null, quoted: string): void {
  if (keys === null) return
  const key = unquote(quoted)
  if (FORBIDDEN_KEYS.has(key)) throw invalid(`The key "${key}" is not allowed.`)
  if (keys.has(key)) throw invalid('A key stands twice in one object.')
  keys.add(key)
}

function unquote(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch (cause) {
    throw new ApiError('API_JSON_INVALID', { cause })
  }
}

function invalid(detail: string): ApiError {
  return new ApiError('API_JSON_INVALID', { detail })
}
