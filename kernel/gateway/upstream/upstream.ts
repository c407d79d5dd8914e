/** One call to a provider, whether over the network or inside the process. */
import { GatewayError, type Target } from '../../contract/index.ts'

export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Called in this order: `head`, any number of `data`, then `end`; or `fail` at any point, after which nothing follows. */
export interface UpstreamHandlers {
  head(status: number, headers: AnswerHeaders): void
  data(bytes: Buffer): void
  end(): void
  fail(error: GatewayError): void
}

export interface UpstreamCall {
  pause(): void
  resume(): void
  /** Ends the call at once; no handler is called any more. */
  abort(): void
  /** True once the provider has sent everything, or the call failed or was aborted. */
  readonly ended: boolean
}

const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])
const TIMEOUT_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
/** Failures that say nothing about the call itself: worth one more try while nothing was answered. */
const RETRY_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

export function isRetryable(error: unknown): boolean {
  return RETRY_CODES.has(codeOf(error))
}

export function upstreamError(error: unknown, { provider, route }: Pick<Target, 'provider' | 'route'>): GatewayError {
  const code = codeOf(error)
  const detail = `Provider "${provider}"${code ? `, ${code}` : ''}.`
  // On loopback nothing but a process that just ended refuses or breaks a connection before it answers.
  if (route === 'litellm' && (CONNECT_CODES.has(code) || RETRY_CODES.has(code)))
    return new GatewayError('GW_LITELLM', { detail, cause: error })
  if (CONNECT_CODES.has(code) || code.startsWith('ERR_TLS') || code.includes('CERT'))
    return new GatewayError('GW_UPSTREAM_CONNECT', { detail, cause: error })
  if (TIMEOUT_CODES.has(code)) return new GatewayError('GW_UPSTREAM_TIMEOUT', { detail, cause: error })
  return new GatewayError('GW_UPSTREAM_BROKEN', { detail, cause: error })
}
