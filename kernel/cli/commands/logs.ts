import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type CliContext, CliEnd } from '../context.ts'
import { exitCode } from '../exit-codes.ts'

export interface LogOptions {
  readonly lines: number
  readonly level: keyof typeof LEVELS
  readonly follow: boolean
}

export const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const
const ROLES = ['gateway', 'dashboard'] as const
/** The tail that is searched for lines. */
const WINDOW = 4 * 1024 * 1024
const LOOK_MS = 300

interface Line {
  readonly role: string
  readonly at: number
  readonly level: number
  readonly text: string
  readonly raw: string
}

/** Prints the newest lines of both planes in order of time. */
export async function logs(context: CliContext, options: LogOptions): Promise<number> {
  const files = ROLES.map(role => ({ role, path: join(context.dataDir, 'logs', `${role}.log`), at: 0 }))
  const found = files.flatMap(file => readNew(file, WINDOW))
  if (found.length === 0 && !options.follow) {
    throw new CliEnd('notRunning', `There are no logs in ${join(context.dataDir, 'logs')}.`)
  }
  show(
    context,
    options,
    found.sort((a, b) => a.at - b.at),
    options.lines,
  )
  while (options.follow) {
    await wait(LOOK_MS)
    show(
      context,
      options,
      files.flatMap(file => readNew(file, WINDOW)),
      Number.POSITIVE_INFINITY,
    )
  }
  return exitCode('ok')
}

/** Reads what was added since the last call, at most `window` bytes; moves `file.at`. A shorter file was rotated. */
function readNew(file: { role: string; path: string; at: number }, window: number): Line[] {
  let fd: number
  try {
    fd = openSync(file.path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  try {
    const { size } = fstatSync(fd)
    if (size < file.at) file.at = 0
    const from = Math.max(file.at, size - window)
    const bytes = Buffer.alloc(size - from)
    const length = readSync(fd, bytes, 0, bytes.length, from)
    const whole = bytes.subarray(0, bytes.lastIndexOf(10, length) + 1)
    file.at = from + whole.length
    return whole
      .toString('utf8')
      .split('\n')
      .filter(Boolean)
      .map(raw => parseLog(file.role, raw))
  } finally {
    closeSync(fd)
  }
}

/** A line that is no JSON (a crash's stack) counts as an error, so that no filter hides it. */
export function parseLog(role: string, raw: string): Line {
  try {
    const entry = JSON.parse(raw) as { time?: string; level?: number; msg?: string; plugin?: string; code?: string }
    const at = Date.parse(entry.time ?? '')
    const level = entry.level ?? LEVELS.error
    const name = Object.entries(LEVELS).findLast(([, from]) => level >= from)?.[0] ?? 'trace'
    const who = entry.plugin ? `${role}/${entry.plugin}` : role
    const code = entry.code ? ` [${entry.code}]` : ''
    return {
      role,
      at: Number.isNaN(at) ? 0 : at,
      level,
      raw,
      text: `${entry.time ?? ''} ${name.padEnd(5)} ${who}: ${entry.msg ?? raw}${code}`,
    }
  } catch {
    // Not JSON: shown as it was written.
    return { role, at: 0, level: LEVELS.error, raw, text: `${role}: ${raw}` }
  }
}

function show(context: CliContext, options: LogOptions, lines: readonly Line[], limit: number): void {
  const wanted = lines.filter(line => line.level >= LEVELS[options.level])
  for (const { raw, text } of limit === Number.POSITIVE_INFINITY ? wanted : wanted.slice(-limit)) {
    process.stdout.write(`${context.json ? raw : text}\n`)
  }
}
