import { type CostTrust, type Dialect, type SnapshotToken, snapshotToken } from 'clawnex/contract'

/** Micro-units of a currency per million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
  /** ISO 4217. */
  readonly currency: string
  readonly trust: CostTrust
}

/** `auto`: through LiteLLM when it is ready, else direct when the provider speaks the dialect of the call. */
export type RoutePolicy = 'auto' | 'litellm' | 'direct'

/** A provider as the gateway needs it. */
export interface PublishedProvider {
  readonly id: string
  readonly dialect: Dialect
  /** Without trailing slash, `/v1` included where the provider has it. */
  readonly baseUrl: string
  /** Sealed at `keyPlace(id)`; null for providers without a key. */
  readonly sealedKey: string | null
  readonly route: RoutePolicy
  /** Models by the provider's own names; null lets every name through. */
  readonly models: readonly string[] | null
  /** By model name; `*` is the price of models without one of their own. */
  readonly prices: Readonly<Record<string, Price>>
  /** Milliseconds. */
  readonly timeouts: { readonly firstByte: number; readonly idle: number }
}

export interface ProviderTable {
  readonly providers: readonly PublishedProvider[]
  /** Ids that are switched off: addressed by name they resolve to nothing, never to another provider. */
  readonly disabled: readonly string[]
}

export const PROVIDER_TABLE: SnapshotToken<ProviderTable> = snapshotToken<ProviderTable>('providers.table')

/** The place a provider's key is sealed to: a value moved to another row does not open. */
export function keyPlace(id: string): string {
  return `providers_provider.key:${id}`
}
