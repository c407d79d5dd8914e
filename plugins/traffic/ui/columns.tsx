import { type Column, ms, Time, Verdict } from 'clawnex/ui'
import type { TrafficItem } from '../contract.ts'

/** Columns that every table of calls has. */
export const TIME: Column<TrafficItem> = {
  key: 'at',
  label: 'Time',
  width: 'col-time',
  mono: true,
  quiet: true,
  place: 'end',
  cell: call => <Time at={call.at} as="clock" />,
}

export const VERDICT: Column<TrafficItem> = {
  key: 'verdict',
  label: 'Verdict',
  width: 'col-verdict',
  place: 'lead',
  cell: call => <Verdict verdict={call.verdict} />,
}

export const MODEL: Column<TrafficItem> = {
  key: 'model',
  label: 'Model',
  place: 'main',
  cell: call => call.model || 'unreadable',
}

export const TOOK: Column<TrafficItem> = {
  key: 'took',
  label: 'Took',
  width: 'col-took',
  num: true,
  short: 'took',
  cell: call => ms(call.latencyMs),
}
