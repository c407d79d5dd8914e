/** Geometry of the small chart: numbers in, SVG attributes out. */
import type { MinuteTotals } from '../rollup/store.ts'

export type Point = Pick<MinuteTotals, 'at' | 'allow' | 'review' | 'redact' | 'block' | 'error'>

export interface Bar {
  readonly kind: 'allow' | 'review' | 'block' | 'partial'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Plot {
  readonly bars: readonly Bar[]
  /** Path of the 3:1 edge on top of the quiet bars. */
  readonly edge: string
  /** Base line where calls were watched, and where they were not. */
  readonly axis: string
  readonly gapAxis: string
  /** Buckets that nobody watched. */
  readonly gaps: number
}

/** Stops and holds stay visible beside a thousand allowed calls. */
const LEAST = 3

/** Stacked bars: allowed below, held in between, stopped on top. `null` points are gaps, never zero. */
export function plotBars(points: readonly (Point | null)[], width: number, height: number): Plot {
  const step = width / Math.max(1, points.length)
  const most = Math.max(1, ...points.map(point => (point === null ? 0 : total(point))))
  const bars: Bar[] = []
  let gaps = 0
  let axis = ''
  let gapAxis = ''
  let edge = ''
  for (const [index, point] of points.entries()) {
    const x = round(index * step + 1)
    const wide = round(Math.max(1, step - 2))
    const base = `M${round(index * step)} ${height}h${round(step)}`
    if (point === null) {
      gaps++
      gapAxis += base
      continue
    }
    axis += base
    const last = index === points.length - 1
    let top = height
    for (const [kind, count] of stack(point)) {
      if (count === 0) continue
      const tall = Math.max(kind === 'allow' ? 1 : LEAST, (count / most) * (height - 2 * LEAST))
      top -= tall
      bars.push({
        kind: last && kind === 'allow' ? 'partial' : kind,
        x,
        y: round(top),
        width: wide,
        height: round(tall),
      })
      if (kind === 'allow' && !last) edge += `M${x} ${round(top)}h${wide}`
    }
  }
  return { bars, edge, axis, gapAxis, gaps }
}

export function total(point: Point): number {
  return point.allow + point.review + point.redact + point.block + point.error
}

function stack(point: Point): [Bar['kind'], number][] {
  return [
    ['allow', point.allow],
    ['review', point.review + point.redact],
    ['block', point.block + point.error],
  ]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
