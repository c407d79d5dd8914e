/** Geometry of the small chart: numbers in, SVG attributes out. */
export interface Point {
  readonly at: number
  readonly allow: number
  readonly review: number
  readonly redact: number
  readonly block: number
  readonly error: number
}

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
  /** Middles of buckets that nobody watched. */
  readonly gaps: readonly number[]
}

/** Stops and holds stay visible beside a thousand allowed calls. */
const LEAST = 3

/** Stacked bars: allowed below, held in between, stopped on top. `null` points are gaps, never zero. */
export function plotBars(points: readonly (Point | null)[], width: number, height: number): Plot {
  const step = width / Math.max(1, points.length)
  const top = Math.max(1, ...points.map(point => (point === null ? 0 : total(point))))
  const bars: Bar[] = []
  const gaps: number[] = []
  let edge = ''
  for (const [index, point] of points.entries()) {
    const x = round(index * step + 1)
    const wide = round(Math.max(1, step - 2))
    if (point === null) {
      gaps.push(round(x + wide / 2))
      continue
    }
    const last = index === points.length - 1
    let base = height
    for (const [kind, count] of stack(point)) {
      if (count === 0) continue
      const tall = Math.max(kind === 'allow' ? 1 : LEAST, (count / top) * (height - 2 * LEAST))
      base -= tall
      bars.push({
        kind: last && kind === 'allow' ? 'partial' : kind,
        x,
        y: round(base),
        width: wide,
        height: round(tall),
      })
      if (kind === 'allow' && !last) edge += `M${x} ${round(base)}h${wide}`
    }
  }
  return { bars, edge, gaps }
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
