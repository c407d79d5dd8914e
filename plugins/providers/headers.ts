import type { Dialect } from 'clawnex/contract'

/** Headers that carry a provider's key in its dialect. */
export function keyHeaders(dialect: Dialect, key: string | null): Record<string, string> {
  if (key === null) return dialect === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}
  return dialect === 'anthropic'
    ? { 'x-api-key': key, 'anthropic-version': '2023-06-01' }
    : { authorization: `Bearer ${key}` }
}
