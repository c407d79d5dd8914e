/** The dashboard's HTTP server: `createHttp` puts the parts of this folder together. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import Koa from 'koa'
import type { CompiledRoutes, CompileRoutes } from '../ports.ts'
import { createCompiler } from './compile.ts'
import { createDispatcher } from './dispatch.ts'
import { createEvents } from './events.ts'
import { ALLOW_ALL, createHosts } from './guard.ts'
import { createIdempotency } from './idempotency.ts'
import { createInject, type Inject } from './inject.ts'
import { kernelRoutes, openApiRoute } from './kernel-routes/index.ts'
import type { HttpOptions } from './options.ts'
import { listenOnLoopback } from './port.ts'
import { createLimiter, DEFAULT_RATES } from './rate.ts'
import { answerRaw, codeOfParseError } from './raw.ts'

export type { HttpOptions } from './options.ts'

export interface Http {
  readonly app: Koa
  readonly server: Server
  /** Compiles the routes of a generation; throws PLG_ROUTE_INVALID. */
  readonly compileRoutes: CompileRoutes
  /** Requests inside the process, without a port. */
  readonly inject: Inject
  /** Listens on loopback only. Rejects with RUN_PORT_TAKEN. */
  listen(port: number): Promise<{ port: number }>
  /** Takes no more requests, ends live streams, and gives running requests at most `deadlineMs`. */
  close(deadlineMs: number): Promise<void>
}

export function createHttp(options: HttpOptions): Http {
  let port = options.run.dashboardPort
  let closing = false
  const { log } = options
  const hosts = createHosts(() => port, options.allowedHosts ?? [])
  const limiter = createLimiter({ ...DEFAULT_RATES, ...options.rates })
  const events = createEvents({ access: options.access, log, heartbeatMs: options.heartbeatMs ?? 15_000 })
  const compileRoutes = createCompiler({
    limiter,
    idempotency: createIdempotency(),
    checkReplies: options.checkReplies ?? false,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 10_000,
  })
  const own = compileOwn(options, compileRoutes, { port: () => port, streams: events.count })

  const app = new Koa()
  app.silent = true
  app.on('error', error => log.warn({ err: error }, 'a reply broke'))
  app.use(createDispatcher({ options, hosts, limiter, events, own, isClosing: () => closing }))
  const server = createHardenedServer(app.callback())

  return {
    app,
    server,
    compileRoutes,
    inject: createInject(server, () => `127.0.0.1:${port}`),
    async listen(wanted) {
      port = await listenOnLoopback(server, wanted, '--dashboard-port')
      return { port }
    },
    async close(deadlineMs) {
      closing = true
      events.close()
      await closeServer(server, deadlineMs)
    },
  }
}

function compileOwn(
  options: HttpOptions,
  compile: CompileRoutes,
  live: { port: () => number; streams: () => number },
): ReadonlyMap<string, CompiledRoutes> {
  const parts = { ...options, ...live }
  const owner = { generation: 0, log: options.log, signal: new AbortController().signal }
  const kernel = compile({ ...owner, plugin: 'kernel' }, kernelRoutes(parts))
  const document = compile({ ...owner, plugin: 'openapi.json' }, [openApiRoute(parts, () => kernel.specs)])
  return new Map([kernel, document].map(routes => [routes.plugin, routes]))
}

function createHardenedServer(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Server {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2000,
      keepAliveTimeout: 5000,
      maxHeaderSize: 16_384,
      // Our guard answers a missing Host itself, with all headers.
      requireHostHeader: false,
      insecureHTTPParser: false,
    },
    handle,
  )
  server.maxRequestsPerSocket = 1000
  server.maxConnections = 1000
  // Unlimited here, because Node would silently drop the surplus; the guard counts and refuses.
  server.maxHeadersCount = 0
  server.on('checkContinue', handle)
  server.on('checkExpectation', request => answerRaw(request.socket, 'API_BAD_REQUEST'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else answerRaw(socket, codeOfParseError(error))
  })
  server.on('connect', (_request, socket) => answerRaw(socket, 'API_METHOD', { allow: ALLOW_ALL }))
  return server
}

async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeIdleConnections()
  // A connection whose last request ends now would otherwise wait for its keep-alive time.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs)
  await closed
  clearInterval(sweep)
  clearTimeout(timer)
}
