import { CHECKS, entropyOf } from './checks.ts'
import type { CompiledRule } from './ruleset.ts'
import type { Hit } from './types.ts'

/** Judges one place: `slice` begins at the keyword and is all that may be looked at. Null when the rule does not hold there. */
export function verifyPlace(rule: CompiledRule, slice: string): Hit | null {
  const hit = rule.pattern === null ? rule.rule.verify!(slice, slice.toLowerCase()) : matchPattern(rule.pattern, slice)
  if (hit === null) return null
  const { entropy, checks } = rule.rule
  if (entropy === undefined && checks === undefined) return hit
  const span = slice.slice(hit.start, hit.end)
  if (entropy !== undefined && entropyOf(span) < entropy) return null
  return checks?.every(check => CHECKS[check](span)) === false ? null : hit
}

function matchPattern(pattern: RegExp, slice: string): Hit | null {
  pattern.lastIndex = 0
  const match = pattern.exec(slice)
  if (match === null) return null
  const whole = match[0]
  const group = match[1]
  if (group === undefined) return whole === '' ? null : { start: 0, end: whole.length }
  // The value stands at the end of what surrounds it, so its last occurrence is the captured one.
  const start = whole.lastIndexOf(group)
  return { start, end: start + group.length }
}
