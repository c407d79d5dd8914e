import type { Access, Actor, CataloguedError, GatewayStatus, Logger, RunOptions } from '../contract/index.ts'
import type { HealthReport, Kernel, Store, UiHost } from '../ports.ts'
import type { RateTable } from './rate.ts'

/** What the composition root gives to the HTTP part. Functions, because most of it appears after the port is open. */
export interface HttpOptions {
  /** Undefined while starting. */
  readonly kernel: () => Kernel | undefined
  /** The access service of the current snapshot; undefined while the plugin that offers it is absent. */
  readonly access: () => Access | undefined
  readonly uiHost: () => UiHost | undefined
  readonly log: Logger
  readonly run: RunOptions
  /** Public names this server is reached by through a TLS proxy, as the browser writes them: `nex.example.org`. */
  readonly allowedHosts?: readonly string[]
  health(): HealthReport
  ready(): { readonly ready: boolean; readonly why?: string }
  /** For the status route. */
  readonly gateway?: () => GatewayStatus | undefined
  /** For the configuration routes. */
  readonly store?: () => Store | undefined
  /** Checks each reply against the schema of its route. For specs. */
  readonly checkReplies?: boolean
  readonly rates?: Partial<RateTable>
  /** Milliseconds in which a body has to arrive, default 10,000. */
  readonly bodyTimeoutMs?: number
  /** Milliseconds between heartbeats of the event stream, default 15,000. */
  readonly heartbeatMs?: number
}

/** What the dispatcher knows about a request once it passed the guard. */
export interface Exchange {
  readonly trace: string
  readonly actor: Actor | null
  /** Why `actor` is null although a credential came along. */
  readonly refusal: CataloguedError | null
  readonly address: string
}
