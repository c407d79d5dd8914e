import type { Release } from './plugin.ts'
import { type ServiceToken, serviceToken } from './tokens.ts'

/** Who acts. `person` is true only for someone at a browser session; some acts need a person. */
export interface Actor {
  readonly kind: 'session' | 'key' | 'system'
  /** Session id, key id, or the name of the kernel part. Safe to log. */
  readonly id: string
  /** What people read: "local operator", "ci key …7Hq2". */
  readonly name: string
  readonly person: boolean
  /** Permission names, or `*` for all. */
  readonly permissions: ReadonlySet<string> | '*'
}

const DEFAULT_PORT = 5001

/**
 * Name of the session cookie of the dashboard on this port. Cookies know no ports, so installations side by side need names of
 * their own.
 */
export function sessionCookieName(port: number): string {
  return port === DEFAULT_PORT ? 'clawnex_session' : `clawnex_session_${port}`
}

/** The parts of a request that can identify someone. Values are raw header values. */
export interface CredentialSource {
  readonly cookie: string | undefined
  readonly authorization: string | undefined
  readonly apiKey: string | undefined
  readonly remoteAddress: string
}

/**
 * What the kernel asks of the plugin that knows who may do what (`rbac`).
 * Without it the kernel serves health and the local recovery commands only.
 */
export interface Access {
  readonly mode: 'on' | 'off'
  /**
   * The actor of a request, or null when it carries no credential.
   * Throws API_CREDENTIAL_INVALID or API_CREDENTIALS_AMBIGUOUS.
   */
  authenticate(source: CredentialSource): Actor | null
  /** True while the session or key behind the actor is still valid. Asked again for every live event. */
  isCurrent(actor: Actor): boolean
  /** A one-time token that becomes a session. Valid for 15 minutes. */
  openLink(): { token: string; expiresAt: number }
  /** Takes a one-time token. Returns the value of Set-Cookie, or null when the token is unknown, used or expired. */
  redeemLink(token: string): { setCookie: string } | null
  /** Keys minted because the data folder is new. Returned once, then null. */
  takeFirstKeys(): { modelKey: string; apiKey: string } | null
  /** Calls back when a session or key ends; used to close live streams within a second. */
  onRevoked(listener: (actorId: string) => void): Release
}

/** The access service of the dashboard plane; absent while `rbac` is. */
export const ACCESS: ServiceToken<Access> = serviceToken<Access>('rbac.access')

/** True when the actor holds the permission. */
export function holds(actor: Actor, permission: string): boolean {
  return actor.permissions === '*' || actor.permissions.has(permission)
}
