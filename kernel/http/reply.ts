/** Writes what a handler gave back. */
import { Readable } from 'node:stream'
import type { Context } from 'koa'
import { ApiError, isReply, type RouteSpec } from '../contract/index.ts'
import { isHeaderValue } from './headers.ts'
import type { KeptReply } from './idempotency.ts'
import type { FieldError } from './schema.ts'

/** Status, headers and body of a handler's result. */
export function normalise(spec: RouteSpec, result: unknown): KeptReply {
  if (isReply(result)) {
    const status = result.status ?? spec.status ?? (result.body === undefined ? 204 : 200)
    return { status, headers: result.headers ?? {}, body: result.body }
  }
  return { status: result === undefined ? 204 : (spec.status ?? 200), headers: {}, body: result }
}

export function sendReply(ctx: Context, reply: KeptReply): void {
  for (const [name, value] of Object.entries(reply.headers)) setHeader(ctx, name, value)
  ctx.status = reply.status
  if (reply.body === undefined || reply.status === 204) {
    ctx.body = null
    // Koa turns a null body into 204; a redirect or 202 without body keeps its status.
    ctx.status = reply.status
  } else if (reply.body instanceof Readable || reply.body instanceof Uint8Array) {
    const type = ctx.response.get('content-type') || 'application/octet-stream'
    ctx.body = reply.body instanceof Readable ? reply.body : Buffer.from(reply.body)
    ctx.type = type
  } else {
    ctx.body = JSON.stringify(reply.body)
    ctx.type = 'application/json; charset=utf-8'
  }
}

function setHeader(ctx: Context, name: string, value: string): void {
  if (!isHeaderValue(value)) {
    throw new ApiError('API_BAD_REQUEST', { detail: `A value of the request cannot stand in the header ${name}.` })
  }
  const isLocal = /^\/(?![/\\])/.test(value)
  if (name.toLowerCase() === 'location' && !isLocal) throw new Error('a route may redirect within its own origin only')
  ctx.set(name, value)
}

/** Thrown in specs only: the reply of a route is not what its schema promises. */
export function checkReply(
  spec: RouteSpec,
  reply: KeptReply,
  check: ((value: unknown) => readonly FieldError[]) | null,
): void {
  if (reply.status >= 300 || reply.body instanceof Readable || reply.body instanceof Uint8Array) return
  const wanted = check === null ? reply.body === undefined : reply.body !== undefined
  // What goes out is what JSON makes of it, not the object itself.
  const errors = wanted && check !== null ? check(JSON.parse(JSON.stringify(reply.body))) : []
  if (wanted && errors.length === 0) return
  const what = errors.map(error => `${error.pointer || '/'} ${error.message}`).join('; ') || 'has a body or lacks one'
  throw new Error(`reply of ${spec.method} ${spec.path}: ${what}`)
}
