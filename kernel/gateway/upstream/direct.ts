import { Agent, type Dispatcher } from 'undici'
import { GatewayError, type Target } from '../../contract/index.ts'
import { isRetryable, type UpstreamCall, type UpstreamHandlers, upstreamError } from './upstream.ts'

const CONNECT_MS = 10_000
const KEEP_ALIVE_MS = 30_000
const ADDRESSES_LIMIT = 256

export interface DirectRequest {
  readonly target: Target
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer
}

/** A base address, taken apart once. */
interface Address {
  readonly origin: string
  readonly path: string
}

/** Keeps connections to each provider open between calls. */
export class DirectUpstream {
  readonly #agent = new Agent({
    connect: { timeout: CONNECT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: 10 * KEEP_ALIVE_MS,
    pipelining: 1,
  })
  readonly #addresses = new Map<string, Address>()
  /** Calls under way, by origin. */
  readonly #inFlight = new Map<string, number>()

  send(request: DirectRequest, handlers: UpstreamHandlers): UpstreamCall {
    const address = this.#address(request.target.baseUrl)
    this.#count(address.origin, 1)
    const call = new DirectCall(this.#agent, request, address, handlers, () => this.#count(address.origin, -1))
    call.dispatch()
    return call
  }

  inFlight(origin: string): number {
    return this.#inFlight.get(origin) ?? 0
  }

  #count(origin: string, by: 1 | -1): void {
    const next = this.inFlight(origin) + by
    if (next > 0) this.#inFlight.set(origin, next)
    else this.#inFlight.delete(origin)
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }

  #address(baseUrl: string): Address {
    const known = this.#addresses.get(baseUrl)
    if (known) return known
    if (this.#addresses.size >= ADDRESSES_LIMIT) this.#addresses.clear()
    const { origin, pathname } = new URL(baseUrl)
    const address = { origin, path: pathname.replace(/\/+$/, '') }
    this.#addresses.set(baseUrl, address)
    return address
  }
}

class DirectCall implements UpstreamCall, Dispatcher.DispatchHandler {
  #ended = false
  readonly #over: () => void
  #controller: Dispatcher.DispatchController | null = null
  #answered = false
  #retried = false
  readonly #agent: Agent
  readonly #request: DirectRequest
  readonly #address: Address
  readonly #handlers: UpstreamHandlers

  constructor(agent: Agent, request: DirectRequest, address: Address, handlers: UpstreamHandlers, over: () => void) {
    this.#over = over
    this.#agent = agent
    this.#request = request
    this.#address = address
    this.#handlers = handlers
  }

  get ended(): boolean {
    return this.#ended
  }

  dispatch(): void {
    const { target, path, headers, body } = this.#request
    const options: Dispatcher.DispatchOptions = {
      origin: this.#address.origin,
      path: `${this.#address.path}${path}`,
      method: 'POST',
      headers,
      body,
      headersTimeout: target.timeouts.firstByte,
      bodyTimeout: target.timeouts.idle,
    }
    try {
      this.#agent.dispatch(options, this)
    } catch (cause) {
      this.onResponseError(null, cause)
    }
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  abort(): void {
    if (this.ended) return
    this.#end()
    this.#controller?.abort(new Error('The call was ended.'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.ended) controller.abort(new Error('The call was ended.'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    // 1xx are notices before the answer.
    if (this.ended || status < 200) return
    this.#answered = true
    this.#guard(() => this.#handlers.head(status, headers as Record<string, string | string[]>))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.ended) this.#guard(() => this.#handlers.data(chunk))
  }

  onResponseEnd(): void {
    if (this.ended) return
    this.#end()
    this.#guard(() => this.#handlers.end())
  }

  onResponseError(_controller: unknown, error: unknown): void {
    if (this.ended) return
    if (!this.#answered && !this.#retried && isRetryable(error)) {
      this.#retried = true
      this.dispatch()
      return
    }
    this.#end()
    this.#handlers.fail(upstreamError(error, this.#request.target))
  }

  #end(): void {
    this.#ended = true
    this.#over()
  }

  /** A fault of ours inside a callback must not look like one of the provider, nor leave the call hanging. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (cause) {
      this.abort()
      this.#handlers.fail(new GatewayError('GW_INTERNAL', { cause }))
    }
  }
}
