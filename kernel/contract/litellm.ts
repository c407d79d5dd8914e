import type { Dialect } from './gateway.ts'
import { type ServiceToken, serviceToken } from './tokens.ts'

/**
 * `off`: not wanted. `absent`: this machine lacks what it needs, see `detail`. `idle`: installed, and no provider uses it.
 * `ready`: calls may go through it. While a replacement starts, the state stays `ready` and `swapping` is true.
 */
export type LiteLlmState = 'off' | 'absent' | 'provisioning' | 'idle' | 'starting' | 'ready' | 'failed'

/** How LiteLLM is, in words and numbers. */
export interface LiteLlmStatus {
  readonly state: LiteLlmState
  readonly swapping: boolean
  /** Why it is not ready and what to do, or why the last replacement failed; null while all is well. */
  readonly detail: string | null
  /** Version of the locked package, null before it is installed. */
  readonly version: string | null
  readonly progress: { readonly packages: number; readonly total: number; readonly megabytes: number } | null
  readonly pid: number | null
  /** The loopback port of the serving process. */
  readonly port: number | null
  /** Milliseconds UTC since when the serving process takes calls. */
  readonly since: number | null
  /** Processes that have taken over so far, the first included. */
  readonly switches: number
  /** Times a serving process ended by itself. */
  readonly crashes: number
  /** What a call through it takes beyond the provider, milliseconds, measured with a canary at the last start; null before. */
  readonly addedMs: number | null
}

/** A provider as LiteLLM shall reach it. */
export interface LiteLlmProvider {
  readonly id: string
  readonly dialect: Dialect
  /** As in `PublishedProvider`: without trailing slash, `/v1` included. */
  readonly baseUrl: string
  /** The key in clear; it goes to LiteLLM's environment only. */
  readonly key: string | null
}

/** Where a call through LiteLLM goes. */
export interface LiteLlmEndpoint {
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
}

/** LiteLLM as routers use it. */
export interface LiteLlm {
  /** The providers it shall serve from now on. A real change replaces the process without a failed call. */
  configure(providers: readonly LiteLlmProvider[]): void
  /** Null while the serving process does not know the provider, or none serves. Models are addressed as `provider/model`. */
  endpoint(provider: string): LiteLlmEndpoint | null
  /** False when waiting is of no use: switched off, or this machine cannot run it. */
  expected(): boolean
}

/** Provided by the kernel on the gateway plane. */
export const LITELLM: ServiceToken<LiteLlm> = serviceToken<LiteLlm>('kernel.litellm')

/** LiteLLM as the dashboard sees and steers it. Both orders return at once; the status tells how they go. */
export interface LiteLlmControl {
  /** Null while no gateway is connected. */
  status(): LiteLlmStatus | null
  /** Throws RUN_LITELLM when no gateway is connected or LiteLLM is off. */
  restart(): Promise<LiteLlmStatus>
  /** Looks again for what was missing, and installs. Throws as `restart` does. */
  provision(): Promise<LiteLlmStatus>
}

/** Provided by the kernel on the dashboard plane. */
export const LITELLM_CONTROL: ServiceToken<LiteLlmControl> = serviceToken<LiteLlmControl>('kernel.litellm-control')
