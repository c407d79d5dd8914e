import type { Origin } from 'clawnex/contract'
import type { ScanReport } from './contract.ts'
import { applyRedactions, decide, type Engine, observation, type Policy } from './engine/index.ts'

/** Judges one text the way the model path would judge it as part of a call. */
export function reportOn(
  engine: Engine,
  policy: Policy,
  text: string,
  origin: Origin,
  direction: 'inbound' | 'outbound',
): ScanReport & { readonly groups: { readonly injection: number; readonly action: number } } {
  const assessment = engine.assess({ text, origin, direction })
  const blockable = direction === 'inbound' || origin === 'tool_call'
  const noted = observation(policy, assessment, blockable)
  const findings = noted === null ? assessment.findings : [...assessment.findings, noted]
  return {
    verdict: decide(policy, assessment, blockable) as ScanReport['verdict'],
    score: assessment.score,
    groups: assessment.groups,
    findings: findings.map(({ unit: _, ...finding }) => finding),
    redacted: applyRedactions(text, assessment.redactions),
  }
}
