/**
 * The shield's engine: pure functions over text, the same on both planes and on the command line.
 *
 *   const engine = createEngine()
 *   const judge = createJudge(engine, { policy: () => DEFAULT_POLICY })
 */
import { RULES } from '../rules/index.ts'
import { assess } from './assess.ts'
import type { Engine } from './judge.ts'
import { compileRules } from './ruleset.ts'
import type { Rule } from './types.ts'

/** Compiles rules once; a few milliseconds. Throws when a rule is malformed. */
export function createEngine(rules: readonly Rule[] = RULES): Engine {
  const set = compileRules(rules)
  return { set, assess: source => assess(set, source) }
}

export { type Assessment, decide, observation } from './assess.ts'
export { createJudge, type Engine, type JudgeOptions } from './judge.ts'
export { DEFAULT_POLICY, type Policy } from './policy.ts'
export { applyRedactions } from './redact.ts'
export { scanText } from './scan.ts'
export type { Rule } from './types.ts'
