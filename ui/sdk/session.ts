import { signal } from '@preact/signals'

/** Who looks at the dashboard. */
export interface Me {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly permissions: '*' | readonly string[]
}

export type SessionState =
  | { readonly state: 'loading' }
  | { readonly state: 'open'; readonly me: Me }
  /** The session is missing, expired or revoked: nothing shown before counts as current. */
  | { readonly state: 'none' }

export const session = signal<SessionState>({ state: 'loading' })

/** True when the person holds the permission. Reading it in a component subscribes to changes of the session. */
export function can(permission: string | undefined): boolean {
  if (session.value.state !== 'open') return false
  if (permission === undefined) return true
  const { permissions } = session.value.me
  return permissions === '*' || permissions.includes(permission)
}

export function sessionEnded(): void {
  if (session.peek().state !== 'none') session.value = { state: 'none' }
}

export function sessionOpened(me: Me): void {
  session.value = { state: 'open', me }
}
