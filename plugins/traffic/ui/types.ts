import type { TrafficItem } from '../contract.ts'
import type { MinuteTotals } from '../rollup/store.ts'
import type { Point } from './plot.ts'

export interface StoredText {
  readonly unit: number
  readonly origin: string
  readonly direction: 'inbound' | 'outbound'
  readonly tool: string | null
  readonly text: string
  readonly omitted: number
  readonly removed: readonly { readonly start: number; readonly end: number; readonly label: string }[]
  readonly marks: readonly { readonly start: number; readonly end: number; readonly finding: number }[]
}

export interface CallDetail extends TrafficItem {
  readonly texts: readonly StoredText[] | null
  readonly textState: 'stored' | 'none' | 'denied' | 'unreadable'
}

export interface Chart {
  readonly from: number
  readonly to: number
  readonly bucketMs: number
  readonly points: readonly (Point | null)[]
}

export type Totals = Omit<MinuteTotals, 'at'>

export interface Summary {
  readonly from: number
  readonly to: number
  readonly calls: number | null
  readonly totals: Totals | null
  readonly cost: readonly {
    readonly currency: string
    readonly trust: string
    readonly micros: number
    readonly calls: number
  }[]
  readonly latency: { readonly p50Ms: number; readonly p95Ms: number } | null
  readonly previous: (Totals & { readonly calls: number }) | null
  readonly topRules: readonly { readonly rule: string; readonly title: string; readonly calls: number }[]
}
