import {
  type CallRecord,
  type EventToken,
  eventToken,
  type Severity,
  type SnapshotToken,
  snapshotToken,
  type TextMode,
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

/** A call as lists and the live stream carry it: the record without texts, with findings as they are stored. */
export interface TrafficItem
  extends Pick<
    CallRecord,
    | 'id'
    | 'at'
    | 'verdict'
    | 'action'
    | 'model'
    | 'provider'
    | 'route'
    | 'key'
    | 'status'
    | 'stream'
    | 'dialect'
    | 'path'
    | 'tokens'
    | 'cost'
    | 'firstByteMs'
    | 'latencyMs'
    | 'scanMs'
    | 'score'
    | 'threshold'
    | 'scannedBytes'
    | 'unscannedBytes'
    | 'error'
  > {
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
