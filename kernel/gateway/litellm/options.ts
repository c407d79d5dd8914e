import type { LiteLlmStatus, Logger, RunOptions } from '../../contract/index.ts'
import type { install } from './install.ts'

export interface Timings {
  /** Changes of the provider table that come within this time make one replacement. */
  readonly settleMs: number
  readonly startMs: number
  /** Before another try after a failed start; doubled each time, up to `retryLastMs`. */
  readonly retryMs: number
  readonly retryLastMs: number
  readonly probeEveryMs: number
  /** How long calls on a replaced process may take to end. */
  readonly drainMs: number
}

export interface LiteLlmOptions {
  readonly mode: RunOptions['litellm']
  readonly dataDir: string
  readonly locksDir: string
  readonly log: Logger
  /** Calls under way to an origin. */
  readonly inFlight: (origin: string) => number
  /** Told of every change, and of progress about once a second. */
  readonly onStatus: (status: LiteLlmStatus) => void
  /** The operator's environment. Installers see some of it, LiteLLM next to nothing. */
  readonly env?: NodeJS.ProcessEnv
  readonly preferredPort?: number
  readonly timings?: Partial<Timings>
  readonly install?: typeof install
}

export const TIMINGS: Timings = {
  settleMs: 300,
  startMs: 120_000,
  retryMs: 1_000,
  retryLastMs: 60_000,
  probeEveryMs: 15_000,
  drainMs: 3_600_000,
}

export function firstStatus(mode: RunOptions['litellm']): LiteLlmStatus {
  return {
    state: mode === 'off' ? 'off' : 'provisioning',
    swapping: false,
    detail: null,
    version: null,
    progress: null,
    pid: null,
    port: null,
    since: null,
    switches: 0,
    crashes: 0,
    addedMs: null,
  }
}
