import type { Static, TSchema } from 'typebox'
import type { Actor } from './access.ts'
import type { ErrorCode } from './errors.ts'
import type { Logger } from './plugin.ts'

/** Methods a route may have. HEAD is answered by GET routes. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a handler receives. Values are validated and typed; unknown members were refused. */
export interface RouteRequest<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  /** Null only on public routes. */
  readonly actor: Actor | null
  readonly log: Logger
  /** Aborted when the client goes away or the generation is drained by force. */
  readonly signal: AbortSignal
  /** Appears in logs and in problem bodies. */
  readonly trace: string
  /** Value of If-Match without quotes, where sent. */
  readonly ifMatch: string | undefined
}

/** A reply with status or headers of its own. A handler that returns a plain value answers 200 (204 for undefined). */
export interface Reply<R> {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: R
}

const REPLY = Symbol.for('clawnex.reply')

/** Wraps a body with status and headers: `return reply(201, row, { location: '/api/v1/…' })`. */
export function reply<R>(status: number, body: R, headers: Readonly<Record<string, string>> = {}): Reply<R> {
  return { [REPLY]: true, status, headers, body } as Reply<R>
}

/** True for what `reply` made, in whatever bundle. */
export function isReply(value: unknown): value is Reply<unknown> {
  return typeof value === 'object' && value !== null && REPLY in value
}

/**
 * A route as data. From it come validation, the OpenAPI document, the permission matrix and the CLI.
 * Paths are relative to `/api/v1/<plugin>`; `''` is the plugin's own root and `/:id` a parameter.
 */
export interface RouteSpec<
  P extends TSchema = TSchema,
  Q extends TSchema = TSchema,
  B extends TSchema = TSchema,
  R extends TSchema = TSchema,
> {
  readonly method: Method
  readonly path: string
  /** One sentence, shown in OpenAPI. */
  readonly summary: string
  /** Permission name `plugin.verb`. Mandatory unless `public`. */
  readonly permission?: string
  readonly public?: true
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** Schema of the reply body; omit for 204. */
  readonly reply?: R
  /** Status of the normal reply, default 200 (204 without a reply schema). */
  readonly status?: number
  /** Codes this route answers beyond those that every route may answer. */
  readonly errors?: readonly ErrorCode[]
  readonly example?: Static<R>
  /** GET routes only: called by the kernel before a new generation is committed. Must answer 2xx for empty query. */
  readonly probe?: true
  /** Action name for the audit trail, mandatory for every route that is not GET: `shield.mode.set`. */
  readonly audit?: string
  /** Request rate class. Default `read` for GET, `write` otherwise. */
  readonly rate?: 'read' | 'write' | 'expensive'
  /** Limit of the body in bytes, default 102,400. */
  readonly bodyLimit?: number
  handle(request: RouteRequest<Static<P>, Static<Q>, Static<B>>): unknown
}

/** Keeps the types of the schemas in the handler: `host.route(defineRoute({ … }))`. */
export function defineRoute<
  P extends TSchema = TSchema,
  Q extends TSchema = TSchema,
  B extends TSchema = TSchema,
  R extends TSchema = TSchema,
>(
  spec: Omit<RouteSpec<P, Q, B, R>, 'handle'> & {
    handle(
      request: RouteRequest<Static<P>, Static<Q>, Static<B>>,
    ): Static<R> | Reply<Static<R>> | undefined | Promise<Static<R> | Reply<Static<R>> | undefined>
  },
): RouteSpec {
  return spec as unknown as RouteSpec
}
