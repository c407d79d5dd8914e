/** Errors as RFC 9457 problem details. What is not in the catalogue stays in the log. */
import { CataloguedError, ERRORS, type ErrorCode, isCatalogued, type Logger } from '../contract/index.ts'

export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** SQLite conditions under which nothing can be written, whatever the request was. */
const STORE_CODE = /^SQLITE_(?:FULL|READONLY|IOERR|CANTOPEN)/

/** The catalogued error for anything that was thrown. */
export function classify(error: unknown): CataloguedError {
  if (isCatalogued(error)) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new CataloguedError(STORE_CODE.test(code) ? 'API_STORE' : 'API_INTERNAL', { cause: error })
}

/** Builds the reply for an error and logs what the caller must not see. */
export function toProblem(thrown: unknown, trace: string, log: Logger): Problem {
  const error = classify(thrown)
  // An error of another bundle has the code, but not necessarily the getters of this class.
  const entry = ERRORS[error.code]
  if (entry.status >= 500) log.error({ err: thrown, code: error.code, trace }, 'a request failed')
  return {
    status: entry.status >= 400 ? entry.status : 500,
    headers: retryHeaders(error),
    body: problemBody(error.code, trace, error),
  }
}

export function problemBody(code: ErrorCode, trace: string, error: Partial<CataloguedError> = {}): string {
  const entry = ERRORS[code]
  return JSON.stringify({
    ...error.extra,
    type: `urn:clawnex:error:${code}`,
    title: entry.title,
    status: entry.status >= 400 ? entry.status : 500,
    code,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    action: entry.action,
    trace,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  })
}

function retryHeaders(error: CataloguedError): Record<string, string> {
  const after = error.extra?.['retryAfter']
  if (typeof after === 'number') return { 'retry-after': String(after) }
  return error.code === 'API_UNAVAILABLE' ? { 'retry-after': '1' } : {}
}
