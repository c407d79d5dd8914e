import type { Severity } from 'clawnex/contract'
import type { TrafficFinding } from '../contract.ts'
import { severityRank } from '../severity.ts'
import { cutText, type MarkedText as Text } from './segments.ts'

/** A stored text with its findings marked by number and its removed spans named. */
export function MarkedText({ text, findings }: { text: Text; findings: readonly TrafficFinding[] }) {
  const severityOf = (finding: number): Severity => findings[finding]?.severity ?? 'low'
  return (
    <>
      {cutText(text, finding => severityRank(severityOf(finding))).map((segment, index) => {
        const body =
          segment.removed === null ? (
            segment.text
          ) : (
            <span class="redact">{segment.removed.replace(/^\[|\]$/g, '')}</span>
          )
        if (segment.finding === null) return body
        return (
          <mark key={index} class="hit" data-sev={severityOf(segment.finding)}>
            {body}
            {segment.ends && (
              <span class="ref">
                <span class="sr"> finding </span>
                {segment.finding + 1}
              </span>
            )}
          </mark>
        )
      })}
    </>
  )
}
