import type { Finding, Origin, Unit } from 'clawnex/contract'
import type { RuleSet } from './ruleset.ts'
import type { Category, Match } from './types.ts'

/** Categories that can stop a call, grouped: evidence of one group adds up. */
export const GROUPS = ['injection', 'action'] as const
export type Group = (typeof GROUPS)[number]

export function groupOf(category: Category): Group | null {
  switch (category) {
    case 'injection':
    case 'jailbreak':
    case 'hidden':
    case 'shield':
      return 'injection'
    case 'command':
    case 'privilege':
    case 'path':
    case 'exfiltration':
      return 'action'
    default:
      return null
  }
}

const DATA: ReadonlySet<Origin> = new Set(['tool_result', 'web', 'file'])

/**
 * How much a category weighs by who wrote the text. An order to drop the rules is remarkable from a user, alarming in data
 * and odd from the operator; a dangerous command matters when it is about to run, hardly when it is talked about.
 */
function provenance(group: Group | null, origin: Origin): number {
  if (group === 'injection')
    return origin === 'system' || origin === 'developer' ? 0.12 : origin === 'user' || DATA.has(origin) ? 1 : 0.4
  if (group === 'action')
    return origin === 'tool_call'
      ? 1
      : origin === 'model'
        ? 0.45
        : origin === 'system' || origin === 'developer'
          ? 0.12
          : 0.3
  return 1
}

/** What the matches of one unit come to. */
export interface Fused {
  /** 0 to 100: the strongest group. */
  readonly score: number
  readonly groups: Readonly<Record<Group, number>>
  readonly findings: readonly Finding[]
}

/** Adds evidence up: noisy-or inside a group over distinct rules, each rule counted by its strongest match. */
export function fuse(set: RuleSet, unit: Pick<Unit, 'id' | 'origin' | 'direction'>, matches: readonly Match[]): Fused {
  const strongest = new Map<number, number>()
  const findings: Finding[] = []
  for (const match of matches) {
    const { rule } = set.rules[match.rule]!
    const group = groupOf(rule.category)
    const data = DATA.has(unit.origin) && rule.inData !== undefined
    const model = unit.direction === 'outbound' && unit.origin !== 'tool_call' && rule.byModel !== undefined
    const base = data ? rule.inData! : model ? rule.byModel! : rule.weight
    const weight = Math.min(0.99, base * (model ? 1 : provenance(group, unit.origin)) * match.factor)
    strongest.set(match.rule, Math.max(strongest.get(match.rule) ?? 0, weight))
    findings.push({
      category: rule.category,
      rule: rule.id,
      severity: match.severity ?? rule.severity,
      confidence: Math.round(weight * 100) / 100,
      start: match.start,
      end: match.end,
      unit: unit.id,
      view: match.view,
      title: rule.title,
    })
  }
  const groups = { injection: 0, action: 0 }
  for (const name of GROUPS) groups[name] = noisyOr(set, strongest, name)
  return { score: Math.round(100 * Math.max(groups.injection, groups.action)), groups, findings }
}

function noisyOr(set: RuleSet, strongest: ReadonlyMap<number, number>, group: Group): number {
  let silent = 1
  for (const [index, weight] of strongest) if (groupOf(set.rules[index]!.rule.category) === group) silent *= 1 - weight
  return 1 - silent
}
