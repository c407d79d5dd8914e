import { ApiError, type Db, defineRoute, parseDuration, type RouteSpec } from 'clawnex/contract'
import { Type } from 'typebox'
import { floorMinute, MINUTE_MS, type MinuteTotals, type RollupStore } from '../rollup/store.ts'
import { ChartSchema, SummarySchema } from './schemas.ts'

const DAY_MS = 86_400_000
const MAX_RANGE_MS = 400 * DAY_MS
const MAX_POINTS = 1500
/** Widths a chart chooses from when none is asked for: the narrowest that stays within about 90 bars. */
const WIDTHS = [1, 5, 15, 60, 180, 360, 1440, 7 * 1440].map(minutes => minutes * MINUTE_MS)

const Range = Type.Optional(Type.String({ pattern: '^\\d{1,6}[mhdw]$', description: '15m, 1h, 24h, 7d, …' }))

export function totalRoutes(rollups: RollupStore, db: Db, now: () => number): RouteSpec[] {
  const topRules = db.prepare<[number, number], { rule: string; title: string; calls: number }>(
    `SELECT rule, min(title) AS title, count(DISTINCT call_id) AS calls FROM traffic_finding
     WHERE stopped = 1 AND at >= ? AND at < ? GROUP BY rule ORDER BY calls DESC, rule LIMIT 5`,
  )

  const chart = defineRoute({
    method: 'GET',
    path: '/chart',
    summary: 'Totals by time, from the minute totals written with the calls.',
    permission: 'traffic.read',
    query: Type.Object({ range: Range, bucket: Range }),
    reply: ChartSchema,
    handle({ query }) {
      const rangeMs = readRange(query.range ?? '1h', '/range')
      const bucketMs = query.bucket === undefined ? widthFor(rangeMs) : readRange(query.bucket, '/bucket')
      const buckets = Math.ceil(rangeMs / bucketMs)
      if (buckets > MAX_POINTS) refuse('/bucket', `This would be ${buckets} points; the limit is ${MAX_POINTS}.`)
      const to = (Math.floor(now() / bucketMs) + 1) * bucketMs
      const from = to - buckets * bucketMs
      return { from, to, bucketMs, points: rollups.series(from, bucketMs, buckets) }
    },
  })

  const summary = defineRoute({
    method: 'GET',
    path: '/summary',
    summary: 'Counts, tokens, cost by trust and latency of a range, and the same of the range before.',
    permission: 'traffic.read',
    query: Type.Object({ range: Range }),
    reply: SummarySchema,
    probe: true,
    handle({ query }) {
      const rangeMs = readRange(query.range ?? '24h', '/range')
      const to = floorMinute(now()) + MINUTE_MS
      const from = to - rangeMs
      const totals = rollups.totals(from, to)
      const before = rollups.totals(from - rangeMs, from)
      return {
        from,
        to,
        calls: totals === null ? null : countCalls(totals),
        totals,
        cost: rollups.costs(from, to),
        latency: rollups.latency(from, to),
        previous: before === null ? null : { calls: countCalls(before), ...before },
        topRules: topRules.all(from, to),
      }
    },
  })

  return [chart, summary]
}

function countCalls(totals: Omit<MinuteTotals, 'at'>): number {
  return totals.allow + totals.review + totals.redact + totals.block + totals.error
}

function widthFor(rangeMs: number): number {
  return WIDTHS.find(width => rangeMs / width <= 90) ?? (WIDTHS.at(-1) as number)
}

function readRange(text: string, pointer: string): number {
  const ms = parseDuration(text) ?? 0
  if (ms < MINUTE_MS || ms > MAX_RANGE_MS) refuse(pointer, 'A range lies between 1m and 400d.')
  return ms
}

function refuse(pointer: string, message: string): never {
  throw new ApiError('API_INVALID', { detail: message, errors: [{ pointer, message }] })
}
