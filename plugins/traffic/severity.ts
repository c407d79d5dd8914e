import type { Severity } from 'clawnex/contract'

/** Severities in order; stored as their position, 0 for none. */
export const SEVERITIES = ['none', 'low', 'medium', 'high', 'critical'] as const

export function severityRank(name: Severity | 'none'): number {
  return SEVERITIES.indexOf(name)
}

export function severityName(rank: number): Severity {
  return (SEVERITIES[rank] ?? 'low') as Severity
}
