/** The four classes in which tool calls are told apart. */
export type ToolClass = 'readonly' | 'destructive' | 'privileged' | 'exfiltration'

/** The class of a tool call, read off its findings: what leaves the house outranks what breaks it. */
export function classifyTool(
  findings: readonly { readonly category: string; readonly confidence: number }[],
): ToolClass {
  const found = (category: string) => findings.some(one => one.category === category && one.confidence >= 0.3)
  if (found('exfiltration')) return 'exfiltration'
  if (found('privilege')) return 'privileged'
  if (found('command')) return 'destructive'
  return found('path') || found('secret') ? 'exfiltration' : 'readonly'
}

/** The kind of personal data a finding names, where it names one. */
export function entityOf(rule: string, text: string): { entity?: string } {
  if (rule === 'pii.email') return { entity: 'email' }
  if (rule === 'pii.iban') return { entity: 'iban' }
  if (rule !== 'pii.number') return {}
  return { entity: text.replace(/\D/g, '').length === 9 ? 'ssn' : 'card' }
}
