import { CataloguedError, ERRORS, type ErrorCode } from '../contract/index.ts'

/** An error as it travels between processes. */
export interface RemoteError {
  readonly code: string | null
  readonly message: string
  readonly detail: string | null
}

export function describeError(error: unknown): RemoteError {
  if (!(error instanceof Error)) return { code: null, message: String(error), detail: null }
  const { code, detail } = error as { code?: unknown; detail?: unknown }
  return {
    code: typeof code === 'string' ? code : null,
    message: error.message,
    detail: typeof detail === 'string' ? detail : null,
  }
}

/** The same error on this side: catalogued when its code is. */
export function reviveError(error: RemoteError): Error {
  if (error.code !== null && Object.hasOwn(ERRORS, error.code)) {
    return new CataloguedError(error.code as ErrorCode, error.detail === null ? {} : { detail: error.detail })
  }
  return Object.assign(new Error(error.message), error.code === null ? {} : { code: error.code })
}
