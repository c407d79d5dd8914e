/**
 * Latencies counted in buckets whose bounds grow by a tenth: bucket 0 is below 1 ms, bucket k ends at 1.1^k ms. A percentile read
 * from them is off by at most 5 %, for any range, from a few dozen numbers a minute.
 */
const GROWTH = Math.log(1.1)
/** 1.1^151 ms is about half an hour; longer calls count there. */
const LAST = 151

export function bucketOf(ms: number): number {
  if (!(ms >= 1)) return 0
  return Math.min(LAST, Math.floor(Math.log(ms) / GROWTH) + 1)
}

/** Middle of a bucket in milliseconds. */
export function middleOf(bucket: number): number {
  return bucket === 0 ? 0.5 : 1.1 ** (bucket - 0.5)
}

/** The latency that `share` (0 to 1) of the calls stayed below; null without calls. `counts` ascends by bucket. */
export function percentile(counts: readonly { bucket: number; calls: number }[], share: number): number | null {
  const total = counts.reduce((sum, entry) => sum + entry.calls, 0)
  let seen = 0
  for (const entry of counts) {
    seen += entry.calls
    if (seen >= share * total) return Math.round(middleOf(entry.bucket) * 10) / 10
  }
  return null
}
