const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
const COLOURS: Readonly<Record<string, string>> = { debug: '2', info: '36', warn: '33', error: '31', fatal: '31' }
/** Members shown in their own place or of no use to a reader. */
const HIDDEN = new Set([
  'v',
  'level',
  'name',
  'hostname',
  'pid',
  'time',
  'msg',
  'plane',
  'plugin',
  'part',
  'generation',
])

/** One line for people from one NDJSON log line. A line that is no log record comes back as it is. */
export function formatLogLine(line: string, options: { colour?: boolean } = {}): string {
  const record = parse(line)
  if (record === undefined) return line
  const level = LEVELS[Number(record['level'])] ?? 'info'
  const where = [record['plane'], record['plugin'] ?? record['part']].filter(item => typeof item === 'string').join('/')
  const fields = Object.entries(record)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${showValue(value)}`)
  const shown = paint(level.padEnd(5), COLOURS[level], options.colour === true)
  const text = [showTime(record['time']), shown, where, String(record['msg'] ?? ''), ...fields]
  return text.filter(part => part !== '').join(' ')
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'msg' in value && 'level' in value
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    // Not every line of a child is a log record: Node's own warnings are passed on as they are.
    return undefined
  }
}

function showTime(time: unknown): string {
  const at = new Date(String(time))
  return Number.isNaN(at.getTime()) ? '' : at.toTimeString().slice(0, 8)
}

function showValue(value: unknown): string {
  if (isError(value)) return JSON.stringify(`${'code' in value ? `${value.code}: ` : ''}${value.message}`)
  if (typeof value === 'string') return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)
  return JSON.stringify(value)
}

function isError(value: unknown): value is { message: string; code?: unknown } {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value
}

function paint(text: string, colour: string | undefined, on: boolean): string {
  return on && colour !== undefined ? `\u001b[${colour}m${text}\u001b[0m` : text
}
