import { ERRORS, isCatalogued, type TransactionReport } from '../contract/index.ts'
import type { ProcessOptions, Role } from './options.ts'

/** A started plane. */
export interface Plane {
  /** Drains for at most `deadlineMs` and releases everything. */
  stop(deadlineMs: number): Promise<void>
  /** Told to the supervisor once the plane answers. */
  readonly ready: ReadyMessage
}

export interface ReadyMessage {
  readonly role: Role
  readonly port: number
  readonly link?: string
  readonly modelKey?: string
  readonly apiKey?: string
}

const DRAIN_MS = 10_000
/** Past the drain, how long the release of locks and files may take before the process ends itself. */
const RELEASE_MS = 3_000

/**
 * Tells the supervisor about a running plane and stops it on a signal, on request, or when the supervisor is gone. `supervised`
 * says whether there was one when the process began: it may have died while the plane was starting.
 */
export function superviseSelf(plane: Plane, options: ProcessOptions, supervised: boolean): void {
  let stopping = false
  const stop = (deadlineMs: number): void => {
    if (stopping) return
    stopping = true
    void endProcess(plane, deadlineMs)
  }
  process.on('SIGTERM', () => stop(DRAIN_MS))
  process.on('SIGINT', () => stop(DRAIN_MS))
  process.on('disconnect', () => stop(DRAIN_MS))
  process.on('message', message => {
    if (isStop(message)) stop(message.deadlineMs)
  })
  if (supervised && !process.connected) stop(0)
  else tellSupervisor({ type: 'ready', ...plane.ready, pid: process.pid, data: options.run.dataDir })
}

async function endProcess(plane: Plane, deadlineMs: number): Promise<void> {
  setTimeout(() => process.exit(1), deadlineMs + RELEASE_MS).unref()
  try {
    await plane.stop(deadlineMs)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  }
}

function isStop(message: unknown): message is { type: 'stop'; deadlineMs: number } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop'
}

/** Sends a message over the IPC channel. Without a supervisor (service manager) there is none and nothing is sent. */
export function tellSupervisor(message: Record<string, unknown>): void {
  if (process.connected) process.send?.(message)
}

/** Has the terminal say that a plugin could not be loaded; what went well is no news there. */
export function tellFailure({ plugin, result, error }: TransactionReport): void {
  if (error !== null) tellSupervisor({ type: 'event', event: { event: 'plugin', plugin, result, error } })
}

/** A start that cannot succeed: told once, in the catalogue's words, then the process ends. */
export function reportFatal(error: unknown): void {
  const known = isCatalogued(error)
  const message = error instanceof Error ? error.message : String(error)
  const fatal = {
    type: 'fatal',
    code: known ? error.code : 'RUN_FAILED',
    message,
    action: ERRORS[known ? error.code : 'RUN_FAILED'].action,
  }
  if (!known || !process.connected)
    process.stderr.write(`${error instanceof Error && !known ? error.stack : message}\n`)
  if (!process.connected) process.exit(1)
  process.send?.(fatal, () => process.exit(1))
}
