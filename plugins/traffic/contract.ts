import {
  type Action,
  type CostTrust,
  type EventToken,
  eventToken,
  type Severity,
  type SnapshotToken,
  snapshotToken,
  type TextMode,
  type Verdict,
} from 'clawnex/contract'

/** A finding as a list shows it. Offsets are those of the original text of its unit. */
export interface TrafficFinding {
  readonly category: string
  readonly rule: string
  readonly severity: Severity
  readonly start: number
  readonly end: number
  readonly unit: number
  readonly view: string
  readonly title: string
}

/** A call as lists and the live stream carry it. Times in milliseconds, money in micro-units of its currency. */
export interface TrafficItem {
  readonly id: string
  readonly at: number
  readonly verdict: Verdict
  readonly action: Action
  readonly model: string
  readonly provider: string | null
  readonly route: 'direct' | 'litellm' | 'demo' | null
  /** Label of the key, name and last four characters; null when the call had no valid key. */
  readonly key: { readonly id: string; readonly label: string } | null
  readonly status: number
  readonly stream: boolean
  readonly tokens: { readonly input: number; readonly output: number } | null
  readonly cost: { readonly micros: number; readonly currency: string; readonly trust: CostTrust } | null
  readonly firstByteMs: number | null
  readonly latencyMs: number
  readonly scanMs: number
  readonly score: number
  readonly threshold: number
  readonly scannedBytes: number
  readonly unscannedBytes: number
  /** Code of the refusal or failure. */
  readonly error: string | null
  readonly findings: readonly TrafficFinding[]
}

/** Emitted once for each call, after it is stored. */
export const TRAFFIC_CALL: EventToken<TrafficItem> = eventToken<TrafficItem>('traffic.call', {
  permission: 'traffic.read',
})

/** What the gateway must know about recording. */
export interface RecordingSettings {
  readonly textMode: TextMode
}

export const RECORDING_SETTINGS: SnapshotToken<RecordingSettings> = snapshotToken<RecordingSettings>('traffic.settings')
