import { type ServiceToken, type SnapshotToken, serviceToken, snapshotToken } from 'clawnex/contract'
import type { Policy } from './engine/policy.ts'

export type { Policy } from './engine/policy.ts'

/** What the gateway does with what it finds. Absent, the gateway blocks. */
export const SHIELD_POLICY: SnapshotToken<Policy> = snapshotToken<Policy>('shield.policy')

/** A text judged outside a call. */
export interface ScanReport {
  readonly verdict: 'allow' | 'review' | 'redact' | 'block'
  /** 0 to 100. */
  readonly score: number
  readonly findings: readonly {
    readonly category: string
    readonly rule: string
    readonly severity: 'low' | 'medium' | 'high' | 'critical'
    readonly confidence: number
    readonly start: number
    readonly end: number
    readonly view: string
    readonly title: string
  }[]
  /** The text with what BLOCK mode would take out replaced. */
  readonly redacted: string
}

/** Offered on the dashboard plane: the same engine for other plugins. */
export interface ShieldScanner {
  /** `origin` as in the model path; default `user`. */
  scan(text: string, origin?: 'user' | 'tool_result' | 'web' | 'file' | 'tool_call' | 'model'): ScanReport
}

export const SHIELD_SCANNER: ServiceToken<ShieldScanner> = serviceToken<ShieldScanner>('shield.scanner')
