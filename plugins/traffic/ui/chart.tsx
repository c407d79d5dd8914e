import { clock, count, num, useResource, when } from 'clawnex/ui'
import { plotBars, total } from './plot.ts'
import type { Chart } from './types.ts'

const WIDTH = 600
const HEIGHT = 44
const HOUR_MS = 3_600_000

/** Calls by time above the list; `range` as the query writes it. */
export function CallsChart({ range }: { range: string }) {
  const chart = useResource<Chart>(`traffic/chart?range=${range}`, {
    live: ['traffic.call'],
    every: 30_000,
    keep: true,
  })
  if (chart.data === undefined) return <section class="mini" aria-label="Calls by time" aria-busy={chart.loading} />
  const { points, bucketMs, from, to } = chart.data
  const plot = plotBars(points, WIDTH, HEIGHT)
  const sums = sumUp(points)
  const unseen = plot.gaps
  return (
    <section class="mini" aria-label="Calls by time">
      <div class="row small">
        <span class="quiet">Calls per {bucketName(bucketMs)}</span>
        <span class="legend end">
          <span>
            <i />
            {num(sums.allow)} allowed
          </span>
          <span>
            <i data-v="review" />
            {num(sums.marked)} marked
          </span>
          <span>
            <i data-v="block" />
            {num(sums.stopped)} stopped
          </span>
        </span>
      </div>
      <div class="plot" data-mini>
        <svg
          class="plot-svg"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${count(sums.all, 'call')} since ${labelAt(from, bucketMs)}: ${num(sums.stopped)} stopped, ${num(sums.marked)} marked or redacted.${unseen > 0 ? ` Not seen in ${unseen} of ${points.length} parts.` : ''}`}
        >
          {plot.bars.map(bar => (
            <rect
              key={`${bar.kind}${bar.x}`}
              class={`c-${bar.kind}`}
              x={bar.x}
              y={bar.y}
              width={bar.width}
              height={bar.height}
            />
          ))}
          <path class="c-edge" d={plot.edge} vector-effect="non-scaling-stroke" />
          <path class="axis" d={plot.axis} vector-effect="non-scaling-stroke" />
          <path class="axis" d={plot.gapAxis} stroke-dasharray="2 4" vector-effect="non-scaling-stroke" />
        </svg>
      </div>
      <div class="plot-x">
        {[0, 0.25, 0.5, 0.75].map(share => (
          <span key={share}>{labelAt(from + (to - from) * share, bucketMs)}</span>
        ))}
        <span>Now</span>
      </div>
    </section>
  )
}

export function bucketName(bucketMs: number): string {
  const minutes = bucketMs / 60_000
  if (minutes === 1) return 'minute'
  if (minutes < 60) return `${minutes} minutes`
  if (minutes === 60) return 'hour'
  return minutes < 1440 ? `${minutes / 60} hours` : minutes === 1440 ? 'day' : `${minutes / 1440} days`
}

function labelAt(at: number, bucketMs: number): string {
  return bucketMs < 6 * HOUR_MS ? clock(at).slice(0, 5) : when(at)
}

function sumUp(points: Chart['points']) {
  const sums = { all: 0, allow: 0, marked: 0, stopped: 0 }
  for (const point of points) {
    if (point === null) continue
    sums.all += total(point)
    sums.allow += point.allow
    sums.marked += point.review + point.redact
    sums.stopped += point.block + point.error
  }
  return sums
}
