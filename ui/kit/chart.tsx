import type { ComponentChildren } from 'preact'
import { num } from '../sdk/format.ts'

export interface Bucket {
  /** Under the axis; shown for a few buckets only. */
  readonly label: string
  readonly allowed: number
  readonly held: number
  readonly blocked: number
  /** Still filling: drawn dashed. */
  readonly partial?: boolean
}

export interface StackedBarsProps {
  buckets: readonly Bucket[]
  /** One sentence that says what the picture shows. */
  summary: string
  /** `mini` has no y axis. */
  size?: 'mini' | 'mid'
  /** Upper end of the y axis; held until the person changes the range. Default: the highest bucket. */
  top?: number
}

const STEP = 10
const BAR = 8
const SMALLEST = 5

/** Counts per bucket: quiet bars, what was held or blocked stacked on top, zero base. */
export function StackedBars({ buckets, summary, size = 'mini', top }: StackedBarsProps) {
  const height = size === 'mini' ? 44 : 120
  const highest = Math.max(top ?? 0, ...buckets.map(({ allowed, held, blocked }) => allowed + held + blocked), 1)
  const width = Math.max(buckets.length * STEP, STEP)
  const shown = buckets.map((bucket, index) => drawBucket(bucket, index, height, highest))
  return (
    <>
      <figure class="plot" data-mini={size === 'mini' ? '' : undefined} data-mid={size === 'mid' ? '' : undefined}>
        <svg
          class="plot-svg"
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={summary}
        >
          {size === 'mid' && (
            <path class="grid" d={`M0 .5H${width}M0 ${height / 2}H${width}`} vector-effect="non-scaling-stroke" />
          )}
          {shown.map(bar => bar.parts)}
          <path class="c-edge" d={shown.map(bar => bar.edge).join('')} vector-effect="non-scaling-stroke" />
          <path class="axis" d={`M0 ${height}H${width}`} vector-effect="non-scaling-stroke" />
        </svg>
        {size === 'mid' && (
          <div class="plot-y">
            <span>{num(highest)}</span>
            <span>{highest >= 2 ? num(Math.round(highest / 2)) : ''}</span>
            <span>0</span>
          </div>
        )}
      </figure>
      <Axis labels={buckets.map(bucket => bucket.label)} />
    </>
  )
}

interface Drawn {
  readonly parts: ComponentChildren
  readonly edge: string
}

function drawBucket(bucket: Bucket, index: number, height: number, highest: number): Drawn {
  const x = index * STEP + 1
  const scale = (value: number): number => (value === 0 ? 0 : Math.max((value / highest) * height, 1))
  const marks = (
    [
      ['c-block', bucket.blocked],
      ['c-review', bucket.held],
    ] as const
  ).filter(([, value]) => value > 0)
  // Marks must be seen even where one call in a thousand was stopped, and must not push the bar out of the picture.
  const sizes = marks.map(([, value]) => Math.max(scale(value), Math.min(SMALLEST, height / 3)))
  const room = sizes.reduce((sum, size) => sum + size + 1, 0)
  const quiet = Math.min(scale(bucket.allowed), Math.max(height - room, 0))
  let y = height - quiet
  const parts = [
    quiet > 0 && (
      <rect
        key="quiet"
        class={bucket.partial ? 'c-partial' : 'c-allow'}
        x={x}
        y={y.toFixed(1)}
        width={BAR}
        height={quiet.toFixed(1)}
        vector-effect={bucket.partial ? 'non-scaling-stroke' : undefined}
      />
    ),
    ...marks.map(([name], at) => {
      const size = sizes[at] ?? 0
      y -= size + 1
      return <rect key={name} class={name} x={x} y={y.toFixed(1)} width={BAR} height={size.toFixed(1)} />
    }),
  ]
  return {
    parts: <g key={index}>{parts}</g>,
    edge: quiet > 0 && !bucket.partial ? `M${x} ${(height - quiet).toFixed(1)}h${BAR}` : '',
  }
}

function Axis({ labels }: { labels: readonly string[] }) {
  const every = Math.max(1, Math.ceil((labels.length - 1) / 4))
  const shown = labels.filter((_, index) => index % every === 0 && index < labels.length - 1)
  const last = labels.at(-1)
  return (
    <div class="plot-x" aria-hidden="true">
      {[...shown, ...(last === undefined ? [] : [last])].map((label, index) => (
        <span key={index}>{label}</span>
      ))}
    </div>
  )
}

/** The key to verdict colours; the counts are optional. */
export function VerdictLegend({ allowed, held, blocked }: { allowed?: number; held?: number; blocked?: number }) {
  const text = (value: number | undefined, word: string): string =>
    value === undefined ? word : `${num(value)} ${word.toLowerCase()}`
  return (
    <span class="legend end">
      <span>
        <i />
        {text(allowed, 'Allowed')}
      </span>
      <span>
        <i data-v="review" />
        {text(held, 'Held')}
      </span>
      <span>
        <i data-v="block" />
        {text(blocked, 'Blocked')}
      </span>
    </span>
  )
}

export interface BarItem {
  readonly key: string
  readonly name: ComponentChildren
  readonly value: number
  readonly text?: string
  readonly tone?: 'block' | 'review' | 'accent'
}

/** A short ranking: name, bar, value. Give it sorted. */
export function Bars({ items }: { items: readonly BarItem[] }) {
  const top = Math.max(...items.map(item => item.value), 1e-9)
  return (
    <ul class="bars">
      {items.map(item => (
        <li key={item.key}>
          {item.name}
          <Bar from={0} size={(item.value / top) * 100} tone={item.tone ?? 'accent'} />
          <span class="n">{item.text ?? num(item.value)}</span>
        </li>
      ))}
    </ul>
  )
}

/** One bar on its track, in percent. */
export function Bar({ from, size, tone }: { from: number; size: number; tone: 'block' | 'review' | 'accent' | '2' }) {
  return (
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="c-track" width="100" height="8" />
      {size > 0 && <rect class={`c-${tone}`} x={from.toFixed(1)} width={Math.max(size, 0.5).toFixed(1)} height="8" />}
    </svg>
  )
}

/** Where the time of one call went. Steps that did not run have `took: null` and stay in the list. */
export function Fall({
  steps,
  format,
}: {
  steps: readonly { name: string; took: number | null; own?: boolean }[]
  format(ms: number): string
}) {
  const total = Math.max(
    steps.reduce((sum, step) => sum + (step.took ?? 0), 0),
    1e-9,
  )
  let from = 0
  return (
    <ul class="fall">
      {steps.map(step => {
        const start = from
        from += ((step.took ?? 0) / total) * 100
        return (
          <li key={step.name}>
            <span>{step.name}</span>
            <Bar from={start} size={((step.took ?? 0) / total) * 100} tone={step.own ? 'accent' : '2'} />
            <span class={step.took === null ? 'n quiet' : 'n'}>
              {step.took === null ? 'not called' : format(step.took)}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
