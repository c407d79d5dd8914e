import { type ServiceToken, type SnapshotToken, serviceToken, snapshotToken } from 'clawnex/contract'

/** A key as the gateway knows it: enough to recognise it and to name its owner, never the key. */
export interface PublishedKey {
  readonly id: string
  /** SHA-256 of the whole key, hexadecimal. */
  readonly hash: string
  readonly last4: string
  readonly name: string
  /** Models as `provider/model` or `provider/*`; null allows all. */
  readonly models: readonly string[] | null
  /** Milliseconds UTC, null for never. */
  readonly expiresAt: number | null
}

/** Keys that work on the model path. API keys are not among them: they do not reach the gateway at all. */
export interface KeyTable {
  readonly keys: readonly PublishedKey[]
}

export const KEY_TABLE: SnapshotToken<KeyTable> = snapshotToken<KeyTable>('rbac.keys')

/** Keys for calls that the dashboard itself sends through the model path, such as the guided start. */
export interface InternalKeys {
  /** A model key that exists in memory only and dies with this process. */
  modelKey(): string
}

export const INTERNAL_KEYS: ServiceToken<InternalKeys> = serviceToken<InternalKeys>('rbac.internal-keys')
