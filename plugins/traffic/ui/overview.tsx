import {
  AreaBox,
  Bars,
  type Column,
  clock,
  count,
  Failed,
  money,
  ms,
  num,
  Stat,
  type StripCell,
  Strips,
  Table,
  useResource,
  when,
} from 'clawnex/ui'
import type { TrafficItem } from '../contract.ts'
import { bucketName } from './chart.tsx'
import { MODEL, TIME, TOOK, VERDICT } from './columns.tsx'
import type { CallPage } from './live.ts'
import { type Point, total } from './plot.ts'
import type { Chart, Summary } from './types.ts'
import { findingsText } from './words.ts'

const LIVE = { live: ['traffic.call'], keep: true, every: 60_000 } as const

const useSummary = () => useResource<Summary>('traffic/summary?range=24h', LIVE).data
const useDay = () => useResource<Chart>('traffic/chart?range=24h&bucket=1h', LIVE)

const SOURCE = <a href="/traffic?q=since:24h">Gateway, 24 h</a>

function spark(chart: Chart | undefined, value: (point: Point) => number): number[] {
  return (chart?.points ?? []).flatMap(point => (point === null ? [] : [value(point)]))
}

/** Change against the day before, in words; nothing where there was no day before. */
function change(now: number | null, before: number | undefined): string {
  if (now === null || before === undefined) return 'no day before to compare'
  const difference = now - before
  if (difference === 0) return 'same as the day before'
  return `${num(Math.abs(difference))} ${difference > 0 ? 'more' : 'fewer'} than the day before`
}

export function OverviewSentence() {
  const summary = useSummary()
  if (summary?.totals == null || summary.calls === null || summary.calls === 0) return null
  const { block, error } = summary.totals
  return (
    <>
      <a href="/traffic?q=since:24h">{count(summary.calls, 'call')}</a> in 24 h,{' '}
      {block + error === 0 ? (
        'none stopped'
      ) : (
        <a href="/traffic?q=verdict:block%20since:24h">{num(block + error)} stopped</a>
      )}
      .
    </>
  )
}

export function CallsStat() {
  const summary = useSummary()
  const day = useDay().data
  const calls = summary?.calls ?? null
  return (
    <Stat
      label="Calls"
      value={calls === null ? 'unknown' : num(calls)}
      spark={spark(day, total)}
      delta={change(calls, summary?.previous?.calls)}
      prov={SOURCE}
    />
  )
}

export function StoppedStat() {
  const summary = useSummary()
  const day = useDay().data
  const totals = summary?.totals ?? null
  const stopped = totals === null ? null : totals.block + totals.error
  const before = summary?.previous
  return (
    <Stat
      label="Stopped"
      value={stopped === null ? 'unknown' : num(stopped)}
      spark={spark(day, point => point.block + point.error)}
      delta={change(stopped, before ? before.block + before.error : undefined)}
      prov={<a href="/traffic?q=verdict:block%20since:24h">Shield, 24 h</a>}
    />
  )
}

export function CostStat() {
  const summary = useSummary()
  const known = summary?.cost.filter(entry => entry.trust !== 'unknown') ?? []
  const main = known.toSorted((a, b) => b.micros - a.micros)[0]
  const trusts = known.filter(entry => entry.currency === main?.currency)
  const micros = trusts.reduce((sum, entry) => sum + entry.micros, 0)
  return (
    <Stat
      label="Cost"
      value={main === undefined ? 'unknown' : money({ micros, currency: main.currency })}
      delta={trusts.map(entry => `${count(entry.calls, 'call')} ${entry.trust}`).join(', ')}
      prov={SOURCE}
    />
  )
}

export function LatencyStat() {
  const latency = useSummary()?.latency ?? null
  return (
    <Stat
      label="Took, half of the calls"
      value={latency === null ? 'unknown' : ms(latency.p50Ms)}
      delta={latency === null ? '' : `95 of 100 within ${ms(latency.p95Ms)}`}
      prov={SOURCE}
    />
  )
}

export function VerdictStrip() {
  const day = useDay()
  const summary = useSummary()
  if (day.data === undefined) {
    return (
      <AreaBox title="Verdicts over 24 h" width={8} first>
        {day.error && <Failed problem={day.error} what="traffic" retry={day.reload} />}
      </AreaBox>
    )
  }
  const { points, from, bucketMs, to } = day.data
  const stopped = summary?.totals ? summary.totals.block + summary.totals.error : null
  return (
    <AreaBox
      title="Verdicts over 24 h"
      width={8}
      first
      note={`one cell per ${bucketName(bucketMs)}, dots were not seen`}
    >
      <Strips
        axis={[0, 0.25, 0.5, 0.75].map(share => clock(from + (to - from) * share).slice(0, 5)).concat('Now')}
        rows={[
          {
            key: 'all',
            name: 'Model path',
            note: 'all keys',
            href: '/traffic?q=since:24h',
            cells: points.map((point, index) =>
              cellOf(point, from + index * bucketMs, bucketMs, index === points.length - 1),
            ),
            count: stopped === null ? 'unknown' : `${num(stopped)} stopped`,
          },
        ]}
      />
    </AreaBox>
  )
}

function cellOf(point: Point | null, at: number, bucketMs: number, partial: boolean): StripCell {
  const time = when(at, at).replace(/^.*\s/, '')
  if (point === null) return { verdict: 'gap', label: `${time}, not seen`, partial }
  const stopped = point.block + point.error
  const marked = point.review + point.redact
  const verdict = stopped > 0 ? 'block' : marked > 0 ? 'review' : point.allow > 0 ? 'allow' : 'none'
  const label = `${time}, ${count(total(point), 'call')}${stopped > 0 ? `, ${stopped} stopped` : ''}${marked > 0 ? `, ${marked} marked` : ''}`
  const href = `/traffic?q=${encodeURIComponent(`since:${at} until:${at + bucketMs}`)}`
  // A partial cell is drawn as an outline, which would hide that something was stopped in it.
  return stopped + marked > 0 ? { verdict, label, href } : { verdict, label, partial }
}

export function TopRules() {
  const rules = useSummary()?.topRules ?? []
  return (
    <AreaBox title="Rules that stopped calls" width={4} note="24 h">
      {rules.length === 0 ? (
        <p class="quiet">No rule stopped or redacted a call in 24 h.</p>
      ) : (
        <Bars
          items={rules.map(({ rule, calls }) => ({
            key: rule,
            name: (
              <a class="mono" href={`/traffic?q=${encodeURIComponent(`rule:${rule} since:24h`)}`}>
                {rule}
              </a>
            ),
            value: calls,
            tone: 'block',
          }))}
        />
      )}
    </AreaBox>
  )
}

const LATEST: readonly Column<TrafficItem>[] = [
  TIME,
  VERDICT,
  MODEL,
  { key: 'findings', label: 'Findings', cell: call => <span class="strong">{findingsText(call)}</span> },
  TOOK,
]

export function LatestCalls() {
  const latest = useResource<CallPage>('traffic?limit=8', LIVE)
  return (
    <AreaBox
      title="Latest calls"
      width={12}
      first
      end={
        <a class="link" href="/traffic">
          All calls
        </a>
      }
    >
      <Table
        caption="Latest model calls"
        columns={LATEST}
        rows={latest.data?.items}
        loading={latest.loading}
        rowKey={call => call.id}
        href={call => `/traffic?open=${encodeURIComponent(call.id)}`}
        fixedHead
        inset
        empty={
          latest.error === null ? (
            <p class="quiet">No calls yet.</p>
          ) : (
            <Failed problem={latest.error} what="calls" retry={latest.reload} />
          )
        }
      />
    </AreaBox>
  )
}
