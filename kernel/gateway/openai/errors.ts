import type { CataloguedError } from '../../contract/index.ts'

/** Classes of the dialect by status, for clients that switch on them. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
}

/** The code by which callers know a refusal of the shield. */
export const BLOCKED_CODE = 'content_blocked'

/** `{"error":{"message","type","param","code"}}`, the envelope of this dialect. */
export function errorBody(error: CataloguedError, callId: string | null): string {
  const type = TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error')
  const code = error.code === 'GW_BLOCKED' ? BLOCKED_CODE : error.code
  return JSON.stringify({ error: { message: errorMessage(error, callId), type, param: null, code, ...error.extra } })
}

/** What a person reads: the reason, what to do about it, and by which id to find the call. */
export function errorMessage(error: CataloguedError, callId: string | null): string {
  const call = callId === null ? '' : ` Call ${callId}.`
  if (error.code === 'GW_BLOCKED') return `This call was stopped by ClawNex: ${error.detail ?? 'policy'}.${call}`
  return `${error.message} ${error.entry.action}${call}`
}
