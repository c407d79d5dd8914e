import type { Origin } from 'clawnex/contract'
import { DEFAULT_POLICY, type Engine } from './engine/index.ts'
import { reportOn } from './report.ts'
import { classifyTool, entityOf } from './tool-class.ts'

/** One verdict in the words of `clawnex scan`: scores from 0 to 1, offsets in the original text. */
export function judgeFor(engine: Engine, text: string, origin: Origin, direction: 'inbound' | 'outbound' | null) {
  const way = direction ?? (origin === 'model' ? 'outbound' : 'inbound')
  const report = reportOn(engine, DEFAULT_POLICY, text, origin, way)
  return {
    action: report.verdict,
    score: report.score / 100,
    scores: report.groups,
    findings: report.findings.map(finding => ({
      ...finding,
      ...entityOf(finding.rule, text.slice(finding.start, finding.end)),
    })),
    redacted: report.redacted,
    ...(origin === 'tool_call' ? { toolClass: classifyTool(report.findings) } : {}),
  }
}
