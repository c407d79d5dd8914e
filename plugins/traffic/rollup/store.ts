import type { CallRecord, CostTrust, Db, Verdict } from 'clawnex/contract'
import { bucketOf, percentile } from './buckets.ts'

export const MINUTE_MS = 60_000

export interface MinuteTotals {
  readonly at: number
  readonly allow: number
  readonly review: number
  readonly redact: number
  readonly block: number
  readonly error: number
  readonly tokensIn: number
  readonly tokensOut: number
  /** Calls whose tokens nobody told. */
  readonly tokensUnknown: number
}

export interface CostTotal {
  readonly currency: string
  readonly trust: CostTrust
  readonly micros: number
  readonly calls: number
}

interface Bucket extends Omit<MinuteTotals, 'at'> {
  bucket: number
}

interface Sums {
  verdicts: Record<Verdict, number>
  tokensIn: number
  tokensOut: number
  tokensUnknown: number
  costs: Map<string, { currency: string; trust: string; micros: number; calls: number }>
  latencies: Map<number, number>
}

const SUMS = `sum(allow) AS allow, sum(review) AS review, sum(redact) AS redact, sum(block) AS block, sum(error) AS error,
  sum(tokens_in) AS tokensIn, sum(tokens_out) AS tokensOut, sum(tokens_unknown) AS tokensUnknown`

export type RollupStore = ReturnType<typeof createRollupStore>

/** Totals by minute, written with the rows they count. */
export function createRollupStore(db: Db) {
  const addMinute = db.prepare(
    `INSERT INTO traffic_minute (minute, allow, review, redact, block, error, tokens_in, tokens_out, tokens_unknown)
     VALUES (@minute, @allow, @review, @redact, @block, @error, @tokensIn, @tokensOut, @tokensUnknown)
     ON CONFLICT DO UPDATE SET allow = allow + excluded.allow, review = review + excluded.review,
       redact = redact + excluded.redact, block = block + excluded.block, error = error + excluded.error,
       tokens_in = tokens_in + excluded.tokens_in, tokens_out = tokens_out + excluded.tokens_out,
       tokens_unknown = tokens_unknown + excluded.tokens_unknown`,
  )
  const addCost = db.prepare<[number, string, string, number, number]>(
    `INSERT INTO traffic_minute_cost (minute, currency, trust, micros, calls) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET micros = micros + excluded.micros, calls = calls + excluded.calls`,
  )
  const addLatency = db.prepare<[number, number, number]>(
    `INSERT INTO traffic_minute_latency (minute, bucket, calls) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET calls = calls + excluded.calls`,
  )
  const mark = db.prepare<[number]>('INSERT INTO traffic_minute (minute) VALUES (?) ON CONFLICT DO NOTHING')
  const first = db.prepare<[], { minute: number | null }>('SELECT min(minute) AS minute FROM traffic_minute')
  const series = db.prepare<[number, number, number, number], Bucket>(
    // The driver binds large whole numbers as REAL, and a division of those would not truncate.
    `SELECT CAST((minute - ?) / ? AS INTEGER) AS bucket, ${SUMS} FROM traffic_minute WHERE minute >= ? AND minute < ? GROUP BY bucket`,
  )
  const total = db.prepare<[number, number], Omit<MinuteTotals, 'at'>>(
    `SELECT ${SUMS} FROM traffic_minute WHERE minute >= ? AND minute < ? HAVING count(*) > 0`,
  )
  const costs = db.prepare<[number, number], CostTotal>(
    `SELECT currency, trust, sum(micros) AS micros, sum(calls) AS calls FROM traffic_minute_cost
     WHERE minute >= ? AND minute < ? GROUP BY currency, trust ORDER BY currency, trust`,
  )
  const latencies = db.prepare<[number, number], { bucket: number; calls: number }>(
    `SELECT bucket, sum(calls) AS calls FROM traffic_minute_latency WHERE minute >= ? AND minute < ?
     GROUP BY bucket ORDER BY bucket`,
  )
  const drops = ['traffic_minute', 'traffic_minute_cost', 'traffic_minute_latency'].map(table =>
    db.prepare<[number]>(`DELETE FROM ${table} WHERE minute < ?`),
  )

  return {
    /** Adds calls inside the caller's transaction: one write for each minute and kind, however many calls. */
    add(calls: readonly CallRecord[]): void {
      for (const [minute, sums] of sumByMinute(calls)) {
        const { tokensIn, tokensOut, tokensUnknown } = sums
        addMinute.run({ minute, ...sums.verdicts, tokensIn, tokensOut, tokensUnknown })
        for (const { currency, trust, micros, calls } of sums.costs.values()) {
          addCost.run(minute, currency, trust, micros, calls)
        }
        for (const [bucket, calls] of sums.latencies) addLatency.run(minute, bucket, calls)
      }
    },

    /** Says that this minute was watched, whether or not anything was called in it. */
    markSeen: (at: number): void => void mark.run(floorMinute(at)),
    firstMinute: (): number | null => first.get()?.minute ?? null,

    /** One entry for each bucket from `from`; null where no minute of it was watched. */
    series(from: number, bucketMs: number, buckets: number): (MinuteTotals | null)[] {
      const entries: (MinuteTotals | null)[] = Array.from({ length: buckets }, () => null)
      for (const { bucket, ...sums } of series.all(from, bucketMs, from, from + bucketMs * buckets)) {
        entries[bucket] = { at: from + bucket * bucketMs, ...sums }
      }
      return entries
    },

    /** Sums of a range, null when no minute of it was watched. */
    totals: (from: number, to: number): Omit<MinuteTotals, 'at'> | null => total.get(from, to) ?? null,
    costs: (from: number, to: number): CostTotal[] => costs.all(from, to),
    latency(from: number, to: number): { p50Ms: number; p95Ms: number } | null {
      const counts = latencies.all(from, to)
      const [p50Ms, p95Ms] = [percentile(counts, 0.5), percentile(counts, 0.95)]
      return p50Ms === null || p95Ms === null ? null : { p50Ms, p95Ms }
    },

    /** Removes totals of minutes before `before`. */
    dropBefore(before: number): void {
      for (const drop of drops) drop.run(before)
    },
  }
}

export function floorMinute(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS
}

function sumByMinute(calls: readonly CallRecord[]): Map<number, Sums> {
  const minutes = new Map<number, Sums>()
  for (const call of calls) {
    const minute = floorMinute(call.at)
    const sums = minutes.get(minute) ?? emptySums()
    minutes.set(minute, sums)
    addCall(sums, call)
  }
  return minutes
}

function emptySums(): Sums {
  return {
    verdicts: { allow: 0, review: 0, redact: 0, block: 0, error: 0 },
    tokensIn: 0,
    tokensOut: 0,
    tokensUnknown: 0,
    costs: new Map(),
    latencies: new Map(),
  }
}

function addCall(sums: Sums, call: CallRecord): void {
  sums.verdicts[call.verdict]++
  sums.tokensIn += call.tokens?.input ?? 0
  sums.tokensOut += call.tokens?.output ?? 0
  if (call.tokens === null) sums.tokensUnknown++
  const bucket = bucketOf(call.latencyMs)
  sums.latencies.set(bucket, (sums.latencies.get(bucket) ?? 0) + 1)
  if (call.cost === null) return
  const { currency, trust, micros } = call.cost
  const key = `${currency} ${trust}`
  const cost = sums.costs.get(key) ?? { currency, trust, micros: 0, calls: 0 }
  sums.costs.set(key, { ...cost, micros: cost.micros + micros, calls: cost.calls + 1 })
}
