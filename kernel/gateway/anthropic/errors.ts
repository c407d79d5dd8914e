import type { CataloguedError } from '../../contract/index.ts'
import { BLOCKED_CODE, errorMessage } from '../openai/errors.ts'

/** Classes of the dialect by status. Source: Anthropic API reference, "Errors". */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

/** `{"type":"error","error":{"type","message"},"request_id"}`, the envelope of this dialect, with our code beside the type. */
export function errorBody(error: CataloguedError, callId: string | null): string {
  const type = TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error')
  const code = error.code === 'GW_BLOCKED' ? BLOCKED_CODE : error.code
  const told = { type, message: errorMessage(error, callId), code, ...error.extra }
  return JSON.stringify({ type: 'error', error: told, ...(callId === null ? {} : { request_id: callId }) })
}
