/** The server of the model path. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import {
  CataloguedError,
  GatewayError,
  type KeyOwner,
  type LiteLlmStatus,
  type Logger,
  type ModelKeys,
  type RunOptions,
} from '../contract/index.ts'
import { listenOnLoopback } from '../http/port.ts'
import type { GatewayPlane, Kernel, Snapshot } from '../ports.ts'
import { adapterAt, speakerFor } from './adapters.ts'
import { endAfterBody, readBody } from './body.ts'
import type { DialectAdapter } from './dialect.ts'
import { checkCaller, checkCallHeaders, pathOf, readKey } from './edge.ts'
import { Exchange } from './exchange.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { describeModels, isModelsPath } from './models.ts'
import { openAiChat } from './openai/index.ts'
import { recordedPath } from './record/path.ts'
import { findKeys, readinessGaps } from './services.ts'
import { DirectUpstream } from './upstream/direct.ts'

export interface GatewayOptions {
  /** The running kernel, once there is one. */
  readonly kernel: () => Pick<Kernel, 'snapshot' | 'pin'> | undefined
  readonly plane: Pick<GatewayPlane, 'record' | 'accepting' | 'nextId' | 'version'>
  readonly log: Logger
  readonly run: Pick<RunOptions, 'version'>
  readonly limits?: Partial<Limits>
  /** LiteLLM behind the path: its state, and why no call shall be sent before it is ready, or null. */
  readonly litellm?: { gap(): string | null; status(): Pick<LiteLlmStatus, 'state'> }
}

export interface Gateway {
  /** Listens on loopback only. Rejects with RUN_PORT_TAKEN. */
  listen(port: number): Promise<{ port: number }>
  /** Takes no new calls, lets running ones end, and ends those that are left at the deadline with an error their caller can read. */
  close(deadlineMs: number): Promise<void>
  calls(): { active: number; total: number }
  /** Calls under way to an origin, such as `http://127.0.0.1:4002`. */
  inFlight(origin: string): number
}

const KEEP_ALIVE_MS = 65_000
/** Refusals of callers without a valid key are told in the log at most this often, with how many there were. */
const REFUSAL_LOG_MS = 10_000
/** What is left of `close` after the deadline, for the last error frames to leave. */
const FAREWELL_MS = 200

export function createGateway(options: GatewayOptions): Gateway {
  return new ModelPath(options)
}

class ModelPath implements Gateway {
  readonly #options: GatewayOptions
  readonly #limits: Limits
  readonly #server: Server
  readonly #direct = new DirectUpstream()
  readonly #active = new Set<Exchange>()
  #total = 0
  #port = 0
  #stopping = false
  #idle: (() => void) | null = null
  #refusals = 0
  #refusalsLoggedAt = 0

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#server = this.#createServer()
  }

  async listen(port: number): Promise<{ port: number }> {
    this.#port = await listenOnLoopback(this.#server, port, '--model-port')
    return { port: this.#port }
  }

  async close(deadlineMs: number): Promise<void> {
    this.#stopping = true
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    await this.#drain(deadlineMs)
    for (const exchange of this.#active) exchange.stop()
    await this.#drain(FAREWELL_MS)
    this.#server.closeAllConnections()
    if (this.#port !== 0) await closed
    await this.#direct.close()
  }

  calls(): { active: number; total: number } {
    return { active: this.#active.size, total: this.#total }
  }

  inFlight(origin: string): number {
    return this.#direct.inFlight(origin)
  }

  #drain(ms: number): Promise<void> {
    if (this.#active.size === 0 || ms <= 0) return Promise.resolve()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      this.#idle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #createServer(): Server {
    const { headersMs, requestMs, headerLines, connections } = this.#limits
    const server = createServer(
      {
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: 2_000,
        keepAliveTimeout: KEEP_ALIVE_MS,
        insecureHTTPParser: false,
        // Checked by `checkCaller`, which answers in the dialect.
        requireHostHeader: false,
      },
      (request, response) => this.#serve(request, response),
    )
    // One more than allowed is kept, so that too many can be told from just enough.
    server.maxHeadersCount = headerLines + 1
    server.maxConnections = connections
    // Without a listener the server answers an expectation it does not know with an empty body; a call needs none.
    server.on('checkExpectation', (request, response) => this.#serve(request, response))
    server.on('clientError', (error, socket) => answerBrokenRequest(error, socket as Socket))
    return server
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    try {
      checkCaller(request, this.#port, this.#limits)
      this.#route(request, response)
    } catch (error) {
      this.#refuseCaller(response, request, error)
    }
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request)
    if (path === '/health/liveliness' || path === '/health/liveness') this.#tellHealth(request, response, [])
    else if (path === '/health/readiness') this.#tellHealth(request, response, this.#gaps())
    else this.#routeCall(request, response, path)
  }

  #routeCall(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (this.#stopping) throw new GatewayError('GW_STOPPING')
    const kernel = this.#options.kernel()
    if (!kernel) throw new GatewayError('GW_NOT_READY', { detail: 'It is starting.' })
    if (isModelsPath(path)) this.#tellModels(request, response, kernel.snapshot(), path)
    else
      this.#open(request, response, kernel, speakerFor(request), adapterAt(path) ? null : new GatewayError('GW_PATH'))
  }

  /** Starts an exchange once the key is known to be good. `refusal`: why it will be refused all the same, on record. */
  #open(
    request: IncomingMessage,
    response: ServerResponse,
    kernel: Pick<Kernel, 'pin'>,
    adapter: DialectAdapter,
    known: GatewayError | null,
  ): void {
    const refusal = known ?? this.#callRefusal(request)
    const pin = kernel.pin()
    let exchange: Exchange
    try {
      const owner = this.#verify(request, pin.snapshot, refusal)
      exchange = new Exchange({
        request,
        response,
        adapter,
        plane: this.#options.plane,
        pin,
        owner,
        direct: this.#direct,
        limits: this.#limits,
        log: this.#options.log,
        path: recordedPath(pathOf(request)),
        over: () => this.#over(exchange),
      })
    } catch (error) {
      pin.release()
      throw error
    }
    this.#active.add(exchange)
    this.#total++
    if (refusal) exchange.refuse(refusal)
    else if (!this.#options.plane.accepting()) exchange.refuse(new GatewayError('GW_RECORDS_FULL'))
    else
      readBody(
        request,
        this.#limits,
        body => exchange.run(body),
        error => exchange.refuse(error),
      )
  }

  #callRefusal(request: IncomingMessage): GatewayError | null {
    try {
      checkCallHeaders(request, this.#limits)
      return null
    } catch (error) {
      if (error instanceof GatewayError) return error
      throw error
    }
  }

  /** Throws what an unknown caller hears: the plain fault of its request before anything about keys, except for paths. */
  #verify(request: IncomingMessage, snapshot: Snapshot, refusal: GatewayError | null): KeyOwner {
    const keys = findKeys(snapshot)
    if (this.#options.plane.version() === 0)
      throw refusal ?? new GatewayError('GW_NOT_READY', { detail: 'It has no snapshot.' })
    if (!keys) throw refusal ?? new GatewayError('GW_NOT_READY', { detail: 'The plugin rbac is not active.' })
    try {
      return verifyKey(keys, request)
    } catch (error) {
      throw refusal && refusal.code !== 'GW_PATH' ? refusal : error
    }
  }

  #over(exchange: Exchange): void {
    this.#active.delete(exchange)
    if (this.#active.size === 0) this.#idle?.()
  }

  #gaps(): string[] {
    const kernel = this.#options.kernel()
    const { plane } = this.#options
    const gaps = kernel ? readinessGaps(kernel.snapshot(), plane.version()) : ['starting']
    const gap = this.#options.litellm?.gap() ?? null
    return [
      ...gaps,
      ...(gap === null ? [] : [gap]),
      ...(plane.accepting() ? [] : ['records are full']),
      ...(this.#stopping ? ['stopping'] : []),
    ]
  }

  #tellHealth(request: IncomingMessage, response: ServerResponse, gaps: readonly string[]): void {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new GatewayError('GW_METHOD')
    const status = gaps.length === 0 ? 'ok' : 'not ready'
    const litellm = this.#options.litellm?.status().state
    const more = { ...(litellm === undefined ? {} : { litellm }), ...(gaps.length === 0 ? {} : { reasons: gaps }) }
    sendJson(response, gaps.length === 0 ? 200 : 503, { status, ...more })
  }

  #tellModels(request: IncomingMessage, response: ServerResponse, snapshot: Snapshot, path: string): void {
    if (request.method !== 'GET') throw new GatewayError('GW_METHOD')
    const owner = this.#verify(request, snapshot, null)
    sendJson(response, 200, describeModels(snapshot, path, speakerFor(request).dialect, owner))
  }

  /** An answer to a caller that is not known. Such calls are counted, not recorded one by one. */
  #refuseCaller(response: ServerResponse, request: IncomingMessage, error: unknown): void {
    const known = error instanceof CataloguedError ? error : new GatewayError('GW_INTERNAL', { cause: error })
    if (known.code === 'GW_INTERNAL') this.#options.log.error({ error: String(error) }, 'request failed')
    this.#countRefusal(known.code)
    const headers: Record<string, string> =
      known.advice === 'retry' ? { 'retry-after': '1' } : { 'x-should-retry': 'false' }
    if (known.code === 'GW_METHOD') headers['allow'] = adapterAt(pathOf(request)) ? 'POST' : 'GET'
    if (known.status === 401) headers['www-authenticate'] = 'Bearer'
    if (!request.complete && request.method !== 'GET') headers['connection'] = 'close'
    sendText(response, known.status, speakerFor(request).errorBody(known, null), headers, request)
  }

  #countRefusal(code: string): void {
    this.#refusals++
    const now = performance.now()
    if (this.#refusalsLoggedAt !== 0 && now - this.#refusalsLoggedAt < REFUSAL_LOG_MS) return
    this.#options.log.warn({ refusals: this.#refusals, last: code }, 'calls without a valid key were refused')
    this.#refusals = 0
    this.#refusalsLoggedAt = now
  }
}

function verifyKey(keys: ModelKeys, request: IncomingMessage): KeyOwner {
  const owner = keys.verify(readKey(request))
  if (!owner) throw new GatewayError('GW_KEY_INVALID')
  return owner
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body), {})
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string>,
  request?: IncomingMessage,
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  if (request && request.method !== 'GET') endAfterBody(request, response, text)
  else response.end(text)
}

/** What the parser refuses never becomes a request; the caller still gets an error of the dialect. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS_OF_PARSER[error.code ?? ''] ?? '400 Bad Request'
  const body = openAiChat.errorBody(new GatewayError('GW_BODY', { detail: 'It is not a valid HTTP request.' }), null)
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

const STATUS_OF_PARSER: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}
