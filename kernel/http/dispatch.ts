/** The one middleware of the Koa app. It is installed at boot and never changes; what changes is the snapshot it reads. */
import type { Context } from 'koa'
import { ApiError, type Logger } from '../contract/index.ts'
import type { CompiledRoutes } from '../ports.ts'
import type { Events } from './events.ts'
import { identify, openExchange } from './exchange.ts'
import { ALLOW_ALL, guardRequest, type Hosts, pathOf } from './guard.ts'
import { HSTS, SECURITY_HEADERS } from './headers.ts'
import type { Exchange, HttpOptions } from './options.ts'
import { openLink, openShell, sendAsset, sendStarting } from './pages.ts'
import { classify, toProblem } from './problem.ts'
import { addressGroup, type Limiter } from './rate.ts'

export interface DispatchParts {
  readonly options: HttpOptions
  readonly hosts: Hosts
  readonly limiter: Limiter
  readonly events: Events
  /** Routes of the kernel itself, by their segment below `/api/v1/`. */
  readonly own: ReadonlyMap<string, CompiledRoutes>
  readonly isClosing: () => boolean
}

export function createDispatcher(parts: DispatchParts): (ctx: Context) => Promise<void> {
  const { options, hosts } = parts
  return async ctx => {
    const { trace } = openExchange(ctx)
    ctx.set(SECURITY_HEADERS)
    try {
      const host = guardRequest(ctx.req, hosts)
      if (hosts.isPublic(host)) ctx.set('strict-transport-security', HSTS)
      if (parts.isClosing()) throw new ApiError('API_UNAVAILABLE', { detail: 'The server is stopping.' })
      await route(ctx, parts)
    } catch (error) {
      sendProblem(ctx, error, trace, options.log)
    }
  }
}

function sendProblem(ctx: Context, error: unknown, trace: string, log: Logger): void {
  if (ctx.res.headersSent || ctx.res.destroyed) {
    if (!ctx.res.writableEnded) ctx.res.destroy()
    log.warn({ err: error, trace }, 'a reply broke after it began')
    return
  }
  const { code } = classify(error)
  const problem = toProblem(error, trace, log)
  for (const name of ['set-cookie', 'location', 'etag', 'content-encoding', 'link']) ctx.remove(name)
  ctx.set(SECURITY_HEADERS)
  ctx.set(problem.headers)
  // What was not read must not be taken for the next request, nor be read at length.
  if (!ctx.req.complete) ctx.set('connection', 'close')
  if (code === 'API_METHOD' && ctx.response.get('allow') === '') ctx.set('allow', ALLOW_ALL)
  ctx.status = problem.status
  // A page that rebinds its name to this machine shall not even learn what answers here.
  ctx.body = code === 'API_HOST' ? '' : problem.body
  ctx.type = 'application/problem+json'
}

async function route(ctx: Context, parts: DispatchParts): Promise<void> {
  const path = pathOf(ctx.req.url as string)
  if (path === '/api/health' || path === '/api/ready') return sendHealth(ctx, parts, path === '/api/ready')
  if (path.startsWith('/assets/')) {
    requireGet(ctx)
    return sendAsset(ctx, parts.options.uiHost())
  }
  if (path.startsWith('/api/v1/')) return serveApi(ctx, path, parts)
  if (path === '/api' || path.startsWith('/api/')) throw new ApiError('API_NOT_FOUND')
  return servePage(ctx, path, parts)
}

function requireGet(ctx: Context): void {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return
  ctx.set('allow', 'GET, HEAD')
  throw new ApiError('API_METHOD')
}

function sendHealth(ctx: Context, { options, limiter }: DispatchParts, wantsReady: boolean): void {
  requireGet(ctx)
  limiter.take('public', addressGroup(ctx.req.socket.remoteAddress ?? ''))
  const ready = wantsReady ? options.ready() : null
  ctx.status = ready?.ready === false ? 503 : 200
  ctx.body = JSON.stringify(ready ?? options.health())
  ctx.type = 'application/json; charset=utf-8'
}

async function serveApi(ctx: Context, path: string, parts: DispatchParts): Promise<void> {
  const exchange = authenticate(ctx, parts)
  if (path === '/api/v1/events') {
    requireGet(ctx)
    if (exchange.actor === null) throw exchange.refusal ?? new ApiError('API_NO_CREDENTIAL')
    if (ctx.method === 'HEAD') throw new ApiError('API_METHOD')
    parts.limiter.take('read', exchange.actor.id)
    return parts.events.open(ctx, exchange.actor)
  }
  const routes = pinRoutes(ctx, path.split('/', 4)[3] as string, parts)
  if (await routes?.handle(ctx)) return
  if (exchange.actor === null) throw exchange.refusal ?? new ApiError('API_NO_CREDENTIAL')
  const owner = path.split('/', 4)[3] as string
  throw new ApiError('API_NOT_FOUND', routes ? {} : { detail: `No active plugin is called "${owner}".` })
}

/** The routes of a plugin as they are now, held until the reply has ended or the client is gone. */
function pinRoutes(ctx: Context, segment: string, parts: DispatchParts): CompiledRoutes | undefined {
  const own = parts.own.get(segment)
  if (own !== undefined) return own
  const pin = parts.options.kernel()?.pin()
  if (pin === undefined) return undefined
  ctx.res.once('close', () => pin.release())
  return pin.snapshot.routes.get(segment)
}

/** Throws API_UNAVAILABLE while nobody can be let in. */
function authenticate(ctx: Context, parts: DispatchParts): Exchange {
  const { options, limiter, events } = parts
  const kernel = options.kernel()
  if (kernel === undefined) throw new ApiError('API_UNAVAILABLE', { detail: options.ready().why ?? 'Starting.' })
  events.attach(kernel)
  const access = options.access()
  if (access !== undefined) return identify(ctx, access, limiter)
  const { ready, why } = options.ready()
  throw new ApiError('API_UNAVAILABLE', {
    detail: ready ? 'The plugin rbac is not active, so nobody can be let in. See "clawnex status".' : why,
  })
}

function servePage(ctx: Context, path: string, parts: DispatchParts): void {
  const { options, limiter } = parts
  requireGet(ctx)
  // A client without a wish (`curl`) is told what a person would be told; one that wants data has the wrong address.
  const wantsHtml = path === '/open' || ctx.accepts('text/html') !== false
  if (!wantsHtml) throw new ApiError('API_NOT_FOUND')
  const access = options.access()
  if (options.kernel() === undefined || access === undefined) {
    const { ready, why } = options.ready()
    sendStarting(ctx, ready ? 'the plugin rbac is not active; see "clawnex status"' : (why ?? 'starting'))
  } else if (path === '/open') openLink(ctx, { access, uiHost: options.uiHost(), limiter })
  else openShell(ctx, identify(ctx, access, limiter), options.uiHost())
}
