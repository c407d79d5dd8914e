/** Members whose value never reaches a log, whatever it is. Compared without `_` and `-`, in lower case. */
const SECRET_NAMES =
  /^(?:.*(?:secret|password|passphrase|authorization|cookie|credential)|(?:.*(?:api|model|private|master|access|signing))?keys?|.*tokens?)$/
/** Counts and names that only look like secrets by their member name. */
const HARMLESS_NAMES = new Set(['maxtokens', 'inputtokens', 'outputtokens', 'totaltokens', 'publickey', 'tokens'])

const SECRET_TEXTS: readonly [RegExp, string][] = [
  [/\bcnx_[A-Za-z0-9_-]{4,}/g, 'cnx_[redacted]'],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, '$1 [redacted]'],
  [
    /\b(authorization|(?:set-)?cookie|x-api-key)(["']?\s*[:=]\s*["']?)(?!\s*(?:bearer|basic)\b)[^\r\n"']+/gi,
    '$1$2[redacted]',
  ],
  [/([?&](?:token|key|secret|password|api_key)=)[^&\s"']+/gi, '$1[redacted]'],
]

const REDACTED = '[redacted]'
const MAX_DEPTH = 8
const MAX_ITEMS = 200
const MAX_TEXT = 8 * 1024

/** A copy that is safe to write: secrets removed, errors as data, depth and length bounded, cycles cut. */
export function redact(value: unknown): unknown {
  return copy(value, 0, new Set())
}

/** Removes what looks like a credential from a text. */
export function redactText(text: string): string {
  let safe = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  for (const [pattern, replacement] of SECRET_TEXTS) safe = safe.replace(pattern, replacement)
  return safe
}

function copy(value: unknown, depth: number, seen: Set<object>): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (seen.has(value)) return '[circular]'
  if (depth >= MAX_DEPTH) return '[deep]'
  seen.add(value)
  try {
    return copyObject(value, depth, seen)
  } finally {
    seen.delete(value)
  }
}

function copyObject(value: object, depth: number, seen: Set<object>): unknown {
  if (value instanceof Error) return copyError(value, depth, seen)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Set || value instanceof Map) return copy([...value], depth + 1, seen)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map(item => copy(item, depth + 1, seen))
  const out: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value).slice(0, MAX_ITEMS)) {
    out[name] = isSecret(name, item) ? REDACTED : copy(item, depth + 1, seen)
  }
  return out
}

function copyError(error: Error, depth: number, seen: Set<object>): unknown {
  const { name, message, stack, cause } = error
  const code = 'code' in error ? error.code : undefined
  return {
    name,
    message: redactText(message),
    ...(code === undefined ? {} : { code: String(code) }),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: copy(cause, depth + 1, seen) }),
  }
}

/** Numbers and booleans under such a name are counts and switches, never the secret itself. */
function isSecret(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean') return false
  const plain = name.toLowerCase().replaceAll(/[_-]/g, '')
  return SECRET_NAMES.test(plain) && !(HARMLESS_NAMES.has(plain) && typeof value !== 'string')
}
