import bunyan from 'bunyan'
import type { Logger } from '../contract/index.ts'
import { formatLogLine } from './format.ts'
import { redact } from './redact.ts'
import { openLogFile } from './rotate.ts'

/** A logger of the kernel: a child carries its fields into every line. */
export interface KernelLogger extends Logger {
  child(fields: Record<string, unknown>): KernelLogger
}

export interface LogOptions {
  readonly name: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** False writes lines for people instead of NDJSON. Default true. */
  readonly json?: boolean
  readonly plane?: 'dashboard' | 'gateway'
  /** Write to this file, rotated by size, instead of stderr. */
  readonly file?: string
  readonly fileLimit?: number
  /** Where lines go instead, for specs. */
  readonly write?: (line: string) => void
}

/** The process's logger. Every line passes the redaction; a logger never throws into its caller. */
export function createLogger(options: LogOptions): KernelLogger {
  const write = options.write ?? openSink(options)
  const human = options.json === false
  const log = bunyan.createLogger({
    name: options.name,
    ...(options.plane === undefined ? {} : { plane: options.plane }),
    streams: [
      {
        type: 'raw',
        level: options.level,
        stream: { write: (record: unknown) => write(`${render(record, human)}\n`) } as unknown as NodeJS.WritableStream,
      },
    ],
  })
  return wrap(log)
}

function wrap(log: bunyan): KernelLogger {
  return {
    debug: (fields, message) => log.debug(guard(fields), '%s', message),
    info: (fields, message) => log.info(guard(fields), '%s', message),
    warn: (fields, message) => log.warn(guard(fields), '%s', message),
    error: (fields, message) => log.error(guard(fields), '%s', message),
    child: fields => wrap(log.child(guard(fields))),
  }
}

/** Redacted before bunyan sees it: an error or a member named like one of bunyan's own would otherwise be taken apart by it. */
function guard(fields: unknown): Record<string, unknown> {
  const safe = redact(fields instanceof Error ? { err: fields } : (fields ?? {})) as Record<string, unknown>
  for (const own of ['v', 'level', 'time', 'msg', 'pid', 'hostname', 'name']) {
    if (!Object.hasOwn(safe, own)) continue
    safe[`${own}_`] = safe[own]
    delete safe[own]
  }
  return safe
}

function render(record: unknown, human: boolean): string {
  const line = JSON.stringify(redact(record))
  return human ? formatLogLine(line) : line
}

function openSink(options: LogOptions): (line: string) => void {
  if (options.file === undefined) return line => void process.stderr.write(line)
  const file = openLogFile(options.file, options.fileLimit)
  process.once('exit', () => file.close())
  return line => file.write(line)
}
