/** Ranges of the range button, from narrow to wide. `null` is any time. */
export const RANGES: readonly { readonly since: string | null; readonly label: string; readonly short: string }[] = [
  { since: '15m', label: 'Last 15 min', short: '15 min' },
  { since: '1h', label: 'Last hour', short: '1 h' },
  { since: '24h', label: 'Last 24 h', short: '24 h' },
  { since: '7d', label: 'Last 7 d', short: '7 d' },
  { since: '30d', label: 'Last 30 d', short: '30 d' },
  { since: null, label: 'Any time', short: 'Any time' },
]

export function rangeLabel(since: string | null): { label: string; short: string } {
  const known = RANGES.find(range => range.since === since)
  return known ?? { label: `Since ${since}`, short: String(since) }
}

/** The next wider range; any time stays any time. */
export function widen(since: string | null): string | null {
  const at = RANGES.findIndex(range => range.since === since)
  return RANGES[Math.min(at < 0 ? RANGES.length : at + 1, RANGES.length - 1)]?.since ?? null
}
