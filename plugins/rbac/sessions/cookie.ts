import { ApiError } from 'clawnex/contract'
import { ABSOLUTE_MS } from './store.ts'

/**
 * The `__Host-` prefix needs `Secure`, which Safari does not accept on plain http loopback; hence a name of its own there.
 */
export const COOKIE = 'clawnex_session'

const COMMON = 'Path=/; HttpOnly; SameSite=Strict'

export function sessionCookie(secret: string): string {
  return `${COOKIE}=${secret}; ${COMMON}; Max-Age=${ABSOLUTE_MS / 1000}`
}

export function endedCookie(): string {
  return `${COOKIE}=; ${COMMON}; Max-Age=0`
}

/** The session secret in a Cookie header. Throws API_CREDENTIALS_AMBIGUOUS when it carries two different ones. */
export function readSessionCookie(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const values = new Set(
    header
      .split(';')
      .map(part => part.trim())
      .filter(part => part.startsWith(`${COOKIE}=`))
      .map(part => part.slice(COOKIE.length + 1))
      .filter(value => value !== ''),
  )
  if (values.size > 1) throw new ApiError('API_CREDENTIALS_AMBIGUOUS', { detail: 'Two session cookies were sent.' })
  return [...values][0]
}
