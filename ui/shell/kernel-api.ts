/** Bodies of the kernel's own routes, as far as the shell reads them. */

export interface ErrorReport {
  readonly code: string
  readonly phase: string | null
  readonly message: string
  readonly detail: string | null
  readonly advice: string
  readonly action: string
  readonly trace: string | null
  readonly at: number
}

export interface PluginGeneration {
  readonly generation: number
  readonly version: string
  readonly state: string
  readonly pins: number
  readonly since: number
}

export interface PluginStatus {
  readonly id: string
  readonly title: string
  readonly summary: string | null
  readonly version: string
  readonly state: string
  readonly generation: number
  readonly generations: readonly PluginGeneration[]
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
  readonly permissions: readonly { readonly name: string; readonly title: string; readonly roles: readonly string[] }[]
  readonly capabilities: readonly {
    readonly name: string
    readonly scope?: readonly string[]
    readonly reason: string
  }[]
}

export interface VersionedGeneration {
  readonly version: string
  readonly generation: number
}

export interface TransactionReport {
  readonly id: number
  readonly plugin: string
  readonly closure: readonly string[]
  readonly from: VersionedGeneration | null
  readonly to: VersionedGeneration | null
  readonly result: 'swapped' | 'failed' | 'removed'
  readonly by: string
  readonly steps: readonly {
    readonly phase: string
    readonly state: 'done' | 'failed' | 'skipped'
    readonly ms: number
  }[]
  readonly error: ErrorReport | null
  readonly startedAt: number
  readonly ms: number
  readonly swapMicros: number | null
  readonly drainedMs: number | null
}

export interface UiEntry {
  readonly plugin: string
  readonly title: string
  readonly version: string
  readonly generation: number
  readonly hash: string
  readonly url: string
}

export interface GatewayStatus {
  readonly connected: boolean
  readonly since: number | null
  readonly ready: boolean
  readonly port: number | null
  readonly calls: { readonly active: number; readonly total: number } | null
  readonly spool: {
    readonly pending: number
    readonly bytes: number
    readonly limit: number
    readonly dropped: number
  } | null
  readonly plugins: readonly {
    readonly id: string
    readonly version: string
    readonly state: string
    readonly error: ErrorReport | null
  }[]
}

export interface KernelStatus {
  readonly version: string
  readonly uptimeMs: number
  readonly dashboard: { readonly port: number }
  /** Base address of the model path, without `/v1`; null while its plugin or the gateway is absent. */
  readonly modelUrl: string | null
  /** Whether a judge is at work in the gateway. */
  readonly shield: { readonly state: 'active' | 'failed' | 'absent' | 'unknown'; readonly version: string | null }
  readonly gateway: GatewayStatus | null
}

export interface Items<T> {
  readonly items: readonly T[]
}
