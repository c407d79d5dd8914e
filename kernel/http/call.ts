/** One route at work: permission, rate, body, schemas, handler, reply. The order is the order of trust. */
import type { Context } from 'koa'
import { type Actor, ApiError, holds, type Logger, type RouteRequest, type RouteSpec } from '../contract/index.ts'
import { announcesBody, type Body, readJsonBody } from './body.ts'
import { exchangeOf } from './exchange.ts'
import type { Idempotency, KeptReply } from './idempotency.ts'
import type { Exchange } from './options.ts'
import { addressGroup, type Limiter } from './rate.ts'
import { checkReply, normalise, sendReply } from './reply.ts'
import type { Checkers } from './schema.ts'

export interface CallParts {
  readonly limiter: Limiter
  readonly idempotency: Idempotency
  readonly checkReplies: boolean
  readonly bodyTimeoutMs: number
}

interface Owner {
  readonly plugin: string
  readonly log: Logger
  readonly signal: AbortSignal
}

const BODY_LIMIT = 102_400
const SYSTEM: Actor = { kind: 'system', id: 'probe', name: 'probe', person: false, permissions: '*' }

/** Compiles the schemas of a route; throws when one is not a schema. */
export function createCall(parts: CallParts, owner: Owner, spec: RouteSpec, checkers: Checkers) {
  const checkParams = checkers.forText(spec.params ?? paramsOf(spec.path), '/path')
  const checkQuery = checkers.forText(spec.query, '/query')
  const checkBody = spec.body === undefined ? null : checkers.forBody(spec.body)
  const checkResult = spec.reply === undefined ? null : checkers.forReply(spec.reply)
  const kind = spec.rate ?? (spec.method === 'GET' ? 'read' : 'write')

  async function run(request: RouteRequest<unknown, unknown, unknown>): Promise<KeptReply> {
    const reply = normalise(spec, await spec.handle(request as never))
    if (parts.checkReplies) checkReply(spec, reply, checkResult)
    return reply
  }

  function admit({ actor, refusal, address }: Exchange): void {
    if (spec.public === true) {
      parts.limiter.take('public', addressGroup(address))
      return
    }
    if (actor === null) {
      parts.limiter.take('failed', addressGroup(address))
      throw refusal ?? new ApiError('API_NO_CREDENTIAL')
    }
    if (!holds(actor, spec.permission as string)) {
      throw new ApiError('API_FORBIDDEN', { detail: `It needs "${spec.permission}".` })
    }
    parts.limiter.take(kind, actor.id)
  }

  async function readBody(ctx: Context): Promise<Body | null> {
    if (checkBody !== null) {
      const limits = { bytes: spec.bodyLimit ?? BODY_LIMIT, timeoutMs: parts.bodyTimeoutMs }
      return readJsonBody(ctx.req, ctx.res, limits)
    }
    if (!announcesBody(ctx.req)) return null
    if (spec.method !== 'GET') {
      // Clients that always send a JSON body are met half way: an empty object says nothing.
      const body = await readJsonBody(ctx.req, ctx.res, { bytes: 1024, timeoutMs: parts.bodyTimeoutMs })
      if (JSON.stringify(body.value) === '{}') return null
    }
    throw new ApiError('API_BAD_REQUEST', { detail: 'This route takes no body.' })
  }

  async function serve(ctx: Context): Promise<void> {
    const exchange = exchangeOf(ctx)
    admit(exchange)
    const params = checkParams({ ...(ctx['params'] as object) })
    const query = checkQuery(parseQueryString(ctx.querystring))
    const body = await readBody(ctx)
    const value = checkBody === null ? undefined : checkBody(body?.value)
    const life = watchClient(ctx, owner.signal)
    const request = {
      params,
      query,
      body: value,
      actor: exchange.actor,
      log: owner.log,
      signal: life.signal,
      trace: exchange.trace,
      ifMatch: readIfMatch(ctx),
    }
    const key = spec.method === 'POST' ? ctx.req.headers['idempotency-key'] : undefined
    const place = `${exchange.actor?.id ?? exchange.address} ${spec.method} ${ctx.req.url}`
    const reply =
      key === undefined
        ? await run(request)
        : await parts.idempotency.once(String(key), place, body?.bytes ?? new Uint8Array(), () => run(request))
    sendReply(ctx, reply)
  }

  async function probe(): Promise<void> {
    const { status } = await run({
      params: {},
      query: checkQuery({}),
      body: undefined,
      actor: SYSTEM,
      log: owner.log,
      signal: owner.signal,
      trace: 'probe',
      ifMatch: undefined,
    })
    if (status < 200 || status > 299) throw new Error(`GET "${spec.path}" answered ${status}`)
  }

  return { serve, probe }
}

/** Parameters without a schema are plain text of bounded length. */
function paramsOf(path: string): object {
  const names = [...path.matchAll(/:([A-Za-z_]\w*)/g)].map(match => match[1] as string)
  const text = { type: 'string', minLength: 1, maxLength: 200 }
  return { type: 'object', properties: Object.fromEntries(names.map(name => [name, text])) }
}

/** Values by name; a name that comes twice gives a list, which only a list schema takes. */
function parseQueryString(text: string): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) {
    const before = result[name]
    result[name] = before === undefined ? value : [before, value].flat()
  }
  return result
}

function readIfMatch(ctx: Context): string | undefined {
  const value = ctx.req.headers['if-match']?.trim()
  return value === undefined ? undefined : value.replace(/^W\//, '').replace(/^"(.*)"$/, '$1')
}

/** A signal that fires when the client goes away or the generation has to end. */
function watchClient(ctx: Context, generation: AbortSignal): { signal: AbortSignal } {
  const controller = new AbortController()
  const end = (): void => controller.abort(generation.reason)
  generation.addEventListener('abort', end, { once: true })
  if (generation.aborted) end()
  ctx.res.once('close', () => {
    generation.removeEventListener('abort', end)
    if (!ctx.res.writableFinished) controller.abort()
  })
  return controller
}
