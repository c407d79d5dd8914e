import { type Access, type Actor, ApiError, type CredentialSource } from 'clawnex/contract'
import { readKind } from './keys/format.ts'
import { isUsable, type KeyStore, type StoredKey } from './keys/store.ts'
import type { SessionCookie } from './sessions/cookie.ts'
import type { Session, SessionStore } from './sessions/store.ts'

export interface AccessParts {
  readonly mode: 'on' | 'off'
  readonly keys: KeyStore
  readonly sessions: SessionStore
  readonly cookie: SessionCookie
  readonly now: () => number
  /** Outlives generations, so that streams opened before a reload still hear of a revocation after it. */
  readonly listeners: Set<(actorId: string) => void>
  /** Told when the time of last use cannot be written. */
  readonly warn: (error: unknown) => void
}

export type AccessControl = Access & {
  /** Tells everyone who holds something open for this actor. */
  revoked(actorId: string): void
}

/**
 * The one path on which a request becomes an actor. In both modes people come by link sessions; `on` will add operators,
 * while keys, cookie, Host and Origin checks are the same in both.
 */
export function createAccess(parts: AccessParts): AccessControl {
  const { keys, sessions, listeners, now } = parts
  let firstKeys = keys.mintFirst()

  function revoked(actorId: string): void {
    for (const listener of listeners) listener(actorId)
  }

  return {
    mode: parts.mode,
    revoked,

    authenticate(source) {
      const session = parts.cookie.read(source.cookie)
      const key = readKey(source)
      if (session !== undefined && key !== undefined) {
        throw new ApiError('API_CREDENTIALS_AMBIGUOUS', { detail: 'A session cookie and a key were sent.' })
      }
      if (session !== undefined) return sessionActor(session)
      return key === undefined ? null : keyActor(key)
    },

    isCurrent(actor) {
      if (actor.kind === 'session') return sessions.isLive(actor.id)
      return actor.kind === 'system' || keys.isValid(actor.id)
    },

    openLink: () => sessions.openLink(),

    redeemLink(token) {
      const opened = sessions.redeem(token)
      if (opened === null) return null
      opened.ended.forEach(revoked)
      return { setCookie: parts.cookie.opened(opened.secret) }
    },

    takeFirstKeys() {
      const taken = firstKeys
      firstKeys = null
      if (taken !== null) keys.confirmFirst()
      return taken
    },

    onRevoked(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }

  function keyActor(secret: string): Actor {
    // Shape and checksum first: a guess with a wrong checksum costs no query.
    const kind = readKind(secret)
    if (kind === null) throw new ApiError('API_CREDENTIAL_INVALID', { detail: 'This is not a ClawNex key.' })
    if (kind === 'model') {
      throw new ApiError('API_CREDENTIAL_INVALID', { detail: 'Model keys work on the model path only.' })
    }
    const key = keys.find(secret)
    if (key === undefined || !isUsable(key, now())) throw new ApiError('API_CREDENTIAL_INVALID')
    note(() => keys.touch(key.id, now()))
    return actorOf(key)
  }

  function sessionActor(secret: string): Actor {
    const session = sessions.find(secret)
    if (session === undefined) throw new ApiError('API_CREDENTIAL_INVALID')
    note(() => sessions.touch(session))
    return actorOfSession(session)
  }

  /** A full disk must not lock people out: reading goes on, and the idle time counts from the last use on record. */
  function note(write: () => void): void {
    try {
      write()
    } catch (error) {
      parts.warn(error)
    }
  }
}

function actorOfSession(session: Session): Actor {
  return { kind: 'session', id: session.id, name: 'local operator', person: true, permissions: '*' }
}

function actorOf(key: StoredKey): Actor {
  return {
    kind: 'key',
    id: key.id,
    name: `${key.name} …${key.last4}`,
    person: false,
    permissions: key.permissions.includes('*') ? '*' : new Set(key.permissions),
  }
}

/** The key of a request. `Authorization` and `x-api-key` are the same path, so a limit on one holds on the other. */
function readKey(source: CredentialSource): string | undefined {
  const bearer = readBearer(source.authorization)
  const header = source.apiKey === '' ? undefined : source.apiKey
  if (bearer !== undefined && header !== undefined && bearer !== header) {
    throw new ApiError('API_CREDENTIALS_AMBIGUOUS', { detail: 'Authorization and x-api-key differ.' })
  }
  return bearer ?? header
}

function readBearer(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  const match = /^Bearer +(\S+) *$/i.exec(value)
  if (match === null) {
    throw new ApiError('API_CREDENTIAL_INVALID', { detail: 'Authorization takes "Bearer" and a ClawNex key.' })
  }
  return match[1]
}
