import { sessionEnded } from './session.ts'

/** An error of the API as it came: RFC 9457 with the product's own members. */
export class ApiProblem extends Error {
  /** 0 when no answer came at all. */
  readonly status: number
  /** Stable code, `API_UNREACHABLE` when no answer came. */
  readonly code: string
  readonly detail: string | null
  /** What the reader can do. */
  readonly action: string | null
  readonly trace: string | null
  /** Field errors: JSON pointer and what is wrong there. */
  readonly errors: readonly { readonly pointer: string; readonly message: string }[]

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(text(body['title']) ?? `The server answered ${status}.`)
    this.name = 'ApiProblem'
    this.status = status
    this.code = text(body['code']) ?? 'API_INTERNAL'
    this.detail = text(body['detail'])
    this.action = text(body['action'])
    this.trace = text(body['trace'])
    this.errors = Array.isArray(body['errors']) ? body['errors'] : []
  }

  /** The message for one field: `problem.field('/baseUrl')`. */
  field(pointer: string): string | undefined {
    return this.errors.find(error => error.pointer === pointer)?.message
  }
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

export interface RequestOptions {
  readonly signal?: AbortSignal
  /** Value of an etag, for writes that must not overwrite someone else's. */
  readonly ifMatch?: string
}

/** Makes any thrown value a problem, so that callers show one shape. */
export function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  const detail = error instanceof Error ? error.message : String(error)
  return new ApiProblem(0, { code: 'UI_FAILED', title: 'The page failed.', detail })
}

/** `traffic?q=…` means `/api/v1/traffic?q=…`; a path with a leading slash is taken as it is. */
export function apiUrl(path: string): string {
  return path.startsWith('/') ? path : `/api/v1/${path}`
}

async function request<T>(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (options.ifMatch !== undefined) headers['if-match'] = `"${options.ifMatch}"`
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' }
  if (body !== undefined) init.body = JSON.stringify(body)
  if (options.signal) init.signal = options.signal
  const response = await send(apiUrl(path), init)
  if (!response.ok) throw await readProblem(response)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ApiProblem(0, {
      code: 'API_UNREACHABLE',
      title: 'The dashboard does not answer.',
      detail: 'The connection was refused or broke off.',
      action: 'See its state with "clawnex status".',
    })
  }
}

async function readProblem(response: Response): Promise<ApiProblem> {
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  // A proxy in between may answer HTML; the status alone then has to do.
  const body: unknown = isJson ? await response.json().catch(() => ({})) : {}
  const problem = new ApiProblem(response.status, (body ?? {}) as Record<string, unknown>)
  if (response.status === 401) sessionEnded()
  return problem
}

/** Calls of the product's API. Each rejects with `ApiProblem`. */
export const api = {
  get: <T>(path: string, options?: RequestOptions): Promise<T> => request<T>('GET', path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions): Promise<T> =>
    request<T>('POST', path, body, options),
  put: <T>(path: string, body?: unknown, options?: RequestOptions): Promise<T> =>
    request<T>('PUT', path, body, options),
  patch: <T>(path: string, body?: unknown, options?: RequestOptions): Promise<T> =>
    request<T>('PATCH', path, body, options),
  del: <T = undefined>(path: string, options?: RequestOptions): Promise<T> =>
    request<T>('DELETE', path, undefined, options),
}
