/** `GET shield`. */
export interface ShieldStatus {
  readonly mode: 'OBSERVE' | 'BLOCK'
  readonly threshold: number
  readonly review: number
  readonly changedAt: number | null
  readonly changedBy: string | null
  readonly rules: {
    readonly count: number
    readonly version: string
    readonly categories: Readonly<Record<string, number>>
  }
}

/** A row of `GET shield/rules`. */
export interface RuleRow {
  readonly id: string
  readonly category: string
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  readonly title: string
  readonly weight: { readonly user: number; readonly data: number; readonly model: number }
  readonly effect: 'block' | 'redact' | 'note'
  readonly keywords: readonly string[]
}

export interface RuleList {
  readonly items: readonly RuleRow[]
  readonly total: number
}

/** `POST shield/scan`. */
export interface ScanReply {
  readonly verdict: 'allow' | 'review' | 'redact' | 'block'
  readonly score: number
  readonly threshold: number
  readonly mode: 'OBSERVE' | 'BLOCK'
  readonly findings: readonly {
    readonly category: string
    readonly rule: string
    readonly severity: string
    readonly confidence: number
    readonly start: number
    readonly end: number
    readonly view: string
    readonly title: string
  }[]
  readonly redacted: string
  readonly ms: number
}
