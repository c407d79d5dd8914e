import { ApiError, sessionCookieName } from 'clawnex/contract'
import { ABSOLUTE_MS } from './store.ts'

const COMMON = 'Path=/; HttpOnly; SameSite=Strict'

/** The session cookie of the dashboard on one port. */
export interface SessionCookie {
  /** Value of Set-Cookie that opens a session. */
  opened(secret: string): string
  /** Value of Set-Cookie that ends it. */
  ended(): string
  /** The session secret in a Cookie header. Throws API_CREDENTIALS_AMBIGUOUS when it carries two different ones. */
  read(header: string | undefined): string | undefined
}

/**
 * The `__Host-` prefix needs `Secure`, which Safari does not accept on plain http loopback; hence a name of its own there.
 */
export function sessionCookie(port: number): SessionCookie {
  const name = sessionCookieName(port)
  return {
    opened: secret => `${name}=${secret}; ${COMMON}; Max-Age=${ABSOLUTE_MS / 1000}`,
    ended: () => `${name}=; ${COMMON}; Max-Age=0`,
    read: header => readCookie(name, header),
  }
}

function readCookie(name: string, header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const values = new Set(
    header
      .split(';')
      .map(part => part.trim())
      .filter(part => part.startsWith(`${name}=`))
      .map(part => part.slice(name.length + 1))
      .filter(value => value !== ''),
  )
  if (values.size > 1) throw new ApiError('API_CREDENTIALS_AMBIGUOUS', { detail: 'Two session cookies were sent.' })
  return [...values][0]
}
