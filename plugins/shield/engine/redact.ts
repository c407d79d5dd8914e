import type { Finding, Redaction } from 'clawnex/contract'

/** Confidence from which a finding is taken out of the text. */
const SURE = 0.55

/** The span a finding takes out of the text, or null when it takes out none. */
export function redactionOf(finding: Finding): Redaction | null {
  const taken = finding.category === 'secret' || (finding.category === 'pii' && finding.severity !== 'low')
  if (!taken || finding.confidence < SURE) return null
  return { unit: finding.unit, start: finding.start, end: finding.end, placeholder: `[clawnex:${finding.rule}]` }
}

/** A text with its spans replaced. */
export function applyRedactions(text: string, redactions: readonly Omit<Redaction, 'unit'>[]): string {
  let result = ''
  let at = 0
  for (const { start, end, placeholder } of redactions) {
    result += text.slice(at, start) + placeholder
    at = end
  }
  return result + text.slice(at)
}
