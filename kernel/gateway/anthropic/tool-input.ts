/** Arguments of tools, which this dialect writes as objects and the judge reads as JSON text. */
import { isObject } from '../json.ts'

/**
 * A holder whose member takes a redacted JSON text and puts the object it means into the block. Text that is no object any
 * more is wrapped in one: a tool then finds its arguments missing instead of a call nobody can read.
 */
export function jsonHolder(block: Record<string, unknown>, key: string): Record<string, unknown> {
  return Object.defineProperty({}, key, {
    set(text: string | null) {
      block[key] = readObject(text ?? '')
    },
  })
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // A placeholder replaced more than the inside of a string.
  }
  return { redacted: text }
}
