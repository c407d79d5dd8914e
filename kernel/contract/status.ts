/** How plugins and planes are, as the kernel's routes under `/api/v1/kernel` and its events tell it. */
import type { Advice, Phase } from './errors.ts'
import type { LiteLlmStatus } from './litellm.ts'
import type { Manifest } from './manifest.ts'

/** Where a plugin or one of its generations stands; see `kernel/transaction`. */
export type PluginState =
  | 'absent'
  | 'verified'
  | 'staged'
  | 'starting'
  | 'active'
  | 'draining'
  | 'retired'
  | 'failed'
  | 'quarantined'
  | 'stuck'

/** A catalogued error as data, for API, events and records. */
export interface ErrorReport {
  readonly code: string
  readonly phase: Phase | null
  readonly message: string
  readonly detail: string | null
  readonly advice: Advice
  readonly action: string
  /** First lines of the stack or of the bundler's message, paths relative to the plugin. */
  readonly trace: string | null
  /** Milliseconds UTC. */
  readonly at: number
}

/** A plugin as `GET /api/v1/kernel/plugins` lists it. */
export interface PluginStatus {
  readonly id: string
  readonly title: string
  readonly summary: string | null
  readonly version: string
  readonly state: PluginState
  /** Number of the serving generation, 0 when none serves. */
  readonly generation: number
  readonly generations: readonly (VersionedGeneration & {
    readonly state: PluginState
    readonly pins: number
    readonly since: number
  })[]
  /** Why the last load failed; null after a good one. */
  readonly error: ErrorReport | null
  readonly needs: Readonly<Record<string, string>>
  readonly wants: Readonly<Record<string, string>>
  readonly builtin: boolean
  readonly owns: {
    readonly routes: readonly string[]
    readonly migrations: readonly string[]
    readonly services: readonly string[]
    readonly points: readonly string[]
    readonly jobs: readonly string[]
    readonly effects: readonly string[]
    readonly ui: boolean
    readonly gateway: boolean
  }
  readonly permissions: Manifest['permissions']
  readonly capabilities: Manifest['capabilities']
}

/** One phase of a transaction. */
export interface StepReport {
  readonly phase: Phase
  readonly state: 'done' | 'failed' | 'skipped'
  readonly ms: number
}

/** A version of a plugin with the number it was loaded under. */
export interface VersionedGeneration {
  readonly version: string
  readonly generation: number
}

/** One load, reload or removal of a plugin: what was tried, how far it came and what it took. */
export interface TransactionReport {
  readonly id: number
  readonly plugin: string
  /** All plugins that got a new generation with it. */
  readonly closure: readonly string[]
  readonly from: VersionedGeneration | null
  readonly to: VersionedGeneration | null
  readonly result: 'swapped' | 'failed' | 'removed'
  readonly by: string
  readonly steps: readonly StepReport[]
  readonly error: ErrorReport | null
  readonly startedAt: number
  readonly ms: number
  /** Duration of the synchronous swap in microseconds; null when it never came to it. */
  readonly swapMicros: number | null
  /** Milliseconds until the previous generation had no pins left; null while draining or without one. */
  readonly drainedMs: number | null
}

/** A plugin's UI module as the browser loads it. */
export interface UiEntry {
  readonly plugin: string
  readonly title: string
  readonly version: string
  readonly generation: number
  /** SHA-256 of the module, hexadecimal. */
  readonly hash: string
  /** `/assets/plugins/<plugin>-<hash>.js`. */
  readonly url: string
}

/** What the gateway tells about itself, at least every 2 seconds and at once on change. */
export interface GatewayStatus {
  readonly connected: boolean
  readonly since: number | null
  readonly pid: number | null
  readonly snapshotVersion: number | null
  readonly spool: {
    readonly pending: number
    readonly bytes: number
    readonly limit: number
    readonly dropped: number
  } | null
  readonly plugins: readonly {
    readonly id: string
    readonly version: string
    readonly generation: number
    readonly state: PluginState
    readonly error: ErrorReport | null
  }[]
  /** Calls in flight, and accepted in all since the gateway started. */
  readonly calls: { readonly active: number; readonly total: number } | null
  readonly ready: boolean
  /** Port the model path listens on. */
  readonly port: number | null
  /** Null until the gateway has told. */
  readonly litellm: LiteLlmStatus | null
}
