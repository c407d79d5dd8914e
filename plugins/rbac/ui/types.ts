export interface Key {
  readonly id: string
  readonly kind: 'model' | 'api'
  readonly name: string
  readonly last4: string
  readonly permissions: readonly string[]
  readonly models: readonly string[] | null
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  readonly lastUsedAt: number | null
}

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
