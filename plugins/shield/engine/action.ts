import type { RuleSet } from './ruleset.ts'
import type { Match } from './types.ts'

/** What a tool call is about to do. */
export function inspectAction(_set: RuleSet, _tool: string, _text: string): readonly Match[] {
  return []
}
