import type { ComponentChildren } from 'preact'

export interface StatProps {
  label: string
  /** Formatted. Unknown is "unknown", never 0. */
  value: ComponentChildren
  unit?: string
  /** Values over time, oldest first; fewer than two draw nothing. */
  spark?: readonly number[]
  critical?: boolean
  /** Change in words, with its base: "14 more than yesterday". */
  delta?: ComponentChildren
  /** Source, linked, and age. */
  prov: ComponentChildren
}

/** One number with its source. Goes into `<dl class="stats">`. */
export function Stat({ label, value, unit, spark, critical, delta, prov }: StatProps) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd class="value">
        {value}
        {unit && <small> {unit}</small>}
      </dd>
      <dd class="spark-cell">{spark && <Spark values={spark} critical={critical} />}</dd>
      <dd class="delta">{delta}</dd>
      <dd class="prov">{prov}</dd>
    </div>
  )
}

const WIDTH = 86
const HEIGHT = 18

/** A line without axes, zero-based. */
export function Spark({ values, critical }: { values: readonly number[]; critical?: boolean | undefined }) {
  if (values.length < 2) return null
  const top = Math.max(...values, 1e-9)
  const x = (index: number): string => (1 + (index * WIDTH) / (values.length - 1)).toFixed(1)
  const y = (value: number): string => (21 - (value / top) * HEIGHT).toFixed(1)
  const last = values.length - 1
  return (
    <svg class="spark" viewBox="0 0 88 24" aria-hidden="true" data-sev={critical ? 'critical' : undefined}>
      <path d={values.map((value, index) => `${index === 0 ? 'M' : 'L'}${x(index)} ${y(value)}`).join('')} />
      <circle cx={x(last)} cy={y(values[last] ?? 0)} r="2" />
    </svg>
  )
}

/** Up to four facts in a line: the four that decide. */
export function Minis({ items }: { items: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="minis">
      {items.slice(0, 4).map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Names and values, in the order in which they matter. */
export function Facts({ items }: { items: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {items.map(([label, value]) => [<dt key={label}>{label}</dt>, <dd key={`${label} value`}>{value}</dd>])}
    </dl>
  )
}
