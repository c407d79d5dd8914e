/** Narrow no-break space: groups thousands and keeps a number and its unit on one line. */
const THIN = '\u202f'
const NBSP = '\u00a0'

const group = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, THIN)

/** `18 412`, `−3`, `0.25`. At most `decimals` places, none trailing. */
export function num(value: number, decimals = 0): string {
  const [whole = '0', fraction] = Math.abs(value).toFixed(decimals).split('.')
  const grouped = group(whole)
  const rest = fraction?.replace(/0+$/, '') ?? ''
  const text = rest === '' ? grouped : `${grouped}.${rest}`
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text
}

/** `1 call`, `37 calls`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${num(value)} ${value === 1 ? one : many}`
}

const rounded = (value: number): string => num(value, value < 10 ? 1 : 0)

/** `0.2 ms`, `9 ms`, `1.9 s`, `4 min`, from milliseconds. */
export function ms(value: number): string {
  if (value < 0.05) return value === 0 ? `0${NBSP}ms` : `<${THIN}0.1${NBSP}ms`
  if (value < 999.5) return `${rounded(value)}${NBSP}ms`
  return value < 59_950 ? `${num(value / 1000, 1)}${NBSP}s` : `${num(value / 60_000)}${NBSP}min`
}

/** `2.7 µs`, from microseconds. */
export function micros(value: number): string {
  return value < 1000 ? `${rounded(value)}${NBSP}µs` : ms(value / 1000)
}

/** `812 B`, `38 kB`, `1.4 MB`: powers of ten. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let size = value
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 ? num(size) : rounded(size)}${NBSP}${units[unit]}`
}

export interface Money {
  /** Millionths of the currency. */
  readonly micros: number
  readonly currency: string
  readonly trust: string
}

const SIGNS: Readonly<Record<string, string>> = { USD: '$', EUR: '€', GBP: '£' }

/** `$0.0121`, `$41.86`, `€2.10`, `12 CHF`. Null is unknown, never 0. */
export function money(value: Pick<Money, 'micros' | 'currency'> | null): string {
  if (value === null) return 'unknown'
  const amount = value.micros / 1e6
  const digits = Math.abs(amount) < 1 && amount !== 0 ? 4 : 2
  const [whole = '0', fraction = ''] = Math.abs(amount).toFixed(digits).split('.')
  const shown = `${group(whole)}.${fraction}`
  const sign = SIGNS[value.currency]
  const minus = amount < 0 ? '−' : ''
  return sign === undefined ? `${minus}${shown}${NBSP}${value.currency}` : `${minus}${sign}${shown}`
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** `4 min`, `2 h`, `3 d`; `now` below a second. */
export function span(milliseconds: number): string {
  const found = SPANS.find(([size]) => milliseconds >= size)
  return found === undefined ? 'now' : `${Math.floor(milliseconds / found[0])}${NBSP}${found[1]}`
}

/** `4 min ago`, for sources and freshness. */
export function ago(at: number, now = Date.now()): string {
  const text = span(Math.max(0, now - at))
  return text === 'now' ? 'just now' : `${text} ago`
}

const two = (value: number): string => String(value).padStart(2, '0')
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `14:32:06`, in the person's zone. */
export function clock(at: number): string {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `14:32` today, `19 Nov` this year, `19 Nov 2025` before: for columns. */
export function when(at: number, now = Date.now()): string {
  const date = new Date(at)
  const today = new Date(now)
  const day = `${date.getDate()}${NBSP}${MONTHS[date.getMonth()]}`
  if (date.toDateString() === today.toDateString()) return clock(at).slice(0, 5)
  return date.getFullYear() === today.getFullYear() ? day : `${day} ${date.getFullYear()}`
}

/** `19 Nov 2026, 14:32:06.214 UTC+01:00`: with zone, for focus and copies. */
export function exact(at: number): string {
  const date = new Date(at)
  const offset = -date.getTimezoneOffset()
  const zone =
    offset === 0
      ? ''
      : `${offset < 0 ? '−' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  const day = `${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`
  return `${day}, ${clock(at)}.${String(date.getMilliseconds()).padStart(3, '0')} UTC${zone}`
}

/** `01JD…9Q2D`: the middle cut out, for ids that are shown but not read. */
export function shortId(id: string): string {
  return id.length <= 20 ? id : `${id.slice(0, 6)}…${id.slice(-4)}`
}
