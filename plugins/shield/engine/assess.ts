import type { Finding, Redaction, Unit, Verdict } from 'clawnex/contract'
import { inspectAction } from './action.ts'
import { fuse } from './fuse.ts'
import type { Policy } from './policy.ts'
import { redactionOf } from './redact.ts'
import type { RuleSet } from './ruleset.ts'
import { scanText, tidy } from './scan.ts'
import { LIMITS, type Limits, type Match } from './types.ts'

/** What one text comes to, before policy: the same for the same text, origin and rules. */
export interface Assessment {
  readonly score: number
  /** 0 to 1 by group. */
  readonly groups: { readonly injection: number; readonly action: number }
  /** With `unit` 0; see `assign`. */
  readonly findings: readonly Finding[]
  /** Spans to take out in BLOCK mode, with `unit` 0. */
  readonly redactions: readonly Redaction[]
  readonly truncated: boolean
}

/** Of every text in which nothing was found. */
export const CLEAN: Assessment = {
  score: 0,
  groups: { injection: 0, action: 0 },
  findings: [],
  redactions: [],
  truncated: false,
}

type Source = Pick<Unit, 'origin' | 'direction' | 'text' | 'tool'>

/** Scans a whole text and adds up what it holds. */
export function assess(set: RuleSet, source: Source, limits: Limits = LIMITS): Assessment {
  const { matches, truncatedAt } = scanText(set, source.text, limits, source.direction === 'inbound')
  if (source.origin !== 'tool_call') return addUp(set, source, matches, truncatedAt, limits)
  // The analyser knows what runs and what is only text, so mentions do not count beside it.
  const said = matches.filter(match => !set.rules[match.rule]!.rule.id.endsWith('.in-text'))
  const actions = inspectAction(set, source.tool ?? '', source.text)
  return addUp(set, source, tidy([...said, ...actions]), truncatedAt, limits)
}

/** Turns matches of a text into an assessment. */
export function addUp(
  set: RuleSet,
  source: Pick<Unit, 'origin' | 'direction'>,
  matches: readonly Match[],
  truncatedAt: number,
  limits: Limits = LIMITS,
): Assessment {
  if (matches.length === 0 && truncatedAt < 0) return CLEAN
  const fused = fuse(set, { ...source, id: 0 }, matches)
  const redactions: Redaction[] = []
  for (const finding of fused.findings) {
    const redaction = redactionOf(finding)
    const last = redactions.at(-1)
    if (redaction === null) continue
    if (last !== undefined && redaction.start <= last.end)
      redactions[redactions.length - 1] = { ...last, end: Math.max(last.end, redaction.end) }
    else redactions.push(redaction)
  }
  if (truncatedAt < 0) return { ...fused, redactions, truncated: false }
  return { ...fused, findings: [...fused.findings, truncation(truncatedAt, limits)], redactions, truncated: true }
}

function truncation(at: number, limits: Limits): Finding {
  return {
    category: 'shield',
    rule: 'shield.truncated',
    severity: 'high',
    confidence: 1,
    start: at,
    end: at,
    unit: 0,
    view: 'raw',
    title: `Too much work to scan in full: more than ${limits.places.toLocaleString('en')} suspicious places or ${Math.round(limits.characters / 1e6)} million characters`,
  }
}

/** The verdict of a policy on an assessment. Unscanned text counts as reaching the threshold. */
export function decide(policy: Policy, assessment: Assessment, blockable: boolean): Verdict {
  const { score, truncated, redactions } = assessment
  const stops = (blockable && score >= policy.threshold) || truncated
  if (policy.mode === 'OBSERVE') return stops || redactions.length > 0 || score >= policy.review ? 'review' : 'allow'
  if (stops) return 'block'
  if (redactions.length > 0) return 'redact'
  return score >= policy.review ? 'review' : 'allow'
}

/** In OBSERVE mode a finding says what would have been done. */
export function observation(policy: Policy, assessment: Assessment, blockable: boolean): Finding | null {
  if (policy.mode !== 'OBSERVE') return null
  const verdict = decide({ ...policy, mode: 'BLOCK' }, assessment, blockable)
  if (verdict !== 'block' && verdict !== 'redact') return null
  return {
    category: 'shield',
    rule: verdict === 'block' ? 'shield.would-block' : 'shield.would-redact',
    severity: 'medium',
    confidence: 1,
    start: 0,
    end: 0,
    unit: 0,
    view: 'raw',
    title: verdict === 'block' ? 'Would be stopped in BLOCK mode' : 'Would be redacted in BLOCK mode',
  }
}

/** Findings and redactions of an assessment under the number of their unit. */
export function assign<T extends { readonly unit: number }>(items: readonly T[], unit: number): readonly T[] {
  return unit === 0 ? items : items.map(item => ({ ...item, unit }))
}

const ORDER: readonly Verdict[] = ['allow', 'review', 'redact', 'block', 'error']

export function worse(a: Verdict, b: Verdict): Verdict {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b
}
