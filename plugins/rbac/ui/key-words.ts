import { count, now, when } from 'clawnex/ui'
import type { Key } from './types.ts'

/** Whether the key works now, and if not, why. */
export function keyState(key: Key): 'active' | 'expired' | 'revoked' {
  if (key.revokedAt !== null) return 'revoked'
  return key.expiresAt !== null && key.expiresAt <= now.value ? 'expired' : 'active'
}

export function rightsText(key: Key): string {
  if (key.kind === 'model') return key.models === null ? 'any model' : key.models.join(', ')
  if (key.permissions.includes('*')) return 'everything'
  return key.permissions.length <= 2 ? key.permissions.join(', ') : count(key.permissions.length, 'permission')
}

export function endText(key: Key): string {
  const state = keyState(key)
  if (state !== 'active') return state
  return key.expiresAt === null ? 'never' : when(key.expiresAt)
}
