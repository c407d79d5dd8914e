import type { KeyOwner, ModelKeys } from 'clawnex/contract'
import type { KeyTable, PublishedKey } from '../contract.ts'
import { hashSecret, readKind } from './format.ts'

/**
 * Recognises model keys on the gateway. Keys are found by the SHA-256 of the whole key: what an attacker could learn from the
 * time of a map lookup is a prefix of a hash they cannot choose, so no further constant-time comparison is needed.
 */
export function createLookup(now: () => number): ModelKeys & { replace(table: KeyTable | undefined): void } {
  let byHash: ReadonlyMap<string, { key: PublishedKey; owner: KeyOwner }> = new Map()
  return {
    replace(table) {
      byHash = new Map((table?.keys ?? []).map(key => [key.hash, { key, owner: toOwner(key) }]))
    },
    verify(secret) {
      if (readKind(secret) !== 'model') return null
      const found = byHash.get(hashSecret(secret))
      if (found === undefined || (found.key.expiresAt !== null && found.key.expiresAt <= now())) return null
      return found.owner
    },
  }
}

function toOwner(key: PublishedKey): KeyOwner {
  return Object.freeze({ id: key.id, label: `${key.name} …${key.last4}`, models: key.models })
}
