import type { StoredKey } from '../keys/store.ts'

export type Key = StoredKey

export interface Session {
  readonly id: string
  readonly createdAt: number
  readonly seenAt: number
  readonly endsAt: number
  readonly current: boolean
}

export interface Made {
  readonly secret: string
  readonly key: Key
}

/** A permission, and whether whoever asks may hand it on. */
export interface Grantable {
  readonly name: string
  readonly title: string
  readonly mayGrant: boolean
}
