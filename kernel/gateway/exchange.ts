/** One call from its first byte to its record: judged, forwarded, answered, and put on record exactly once. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  CALLS,
  type CataloguedError,
  GatewayError,
  isCatalogued,
  type KeyOwner,
  type Logger,
  type Redaction,
  tokenKey,
  type Verdict,
} from '../contract/index.ts'
import type { GatewayPlane, Pin } from '../ports.ts'
import { PlainAnswer } from './answer/plain.ts'
import { AnswerSession } from './answer/session.ts'
import type { AnswerOutlet } from './answer/sink.ts'
import { StreamAnswer } from './answer/stream.ts'
import { endAfterBody } from './body.ts'
import type { AnswerReader, DialectAdapter, ParsedCall, Usage } from './dialect.ts'
import { queryOf } from './edge.ts'
import { headersToCaller, headersToProvider, headerText } from './headers.ts'
import { isHarmless, type JudgedCall, judgeRequest } from './judge-request.ts'
import type { Limits } from './limits.ts'
import { refuseSteering } from './litellm/steering.ts'
import { buildRecord, type Facts, newFacts, round } from './record/record.ts'
import { keptChars } from './record/texts.ts'
import { textMode } from './services.ts'
import { type AnswerSink, decodeInto } from './upstream/decode.ts'
import type { DirectUpstream } from './upstream/direct.ts'
import { runLocal } from './upstream/local.ts'
import type { AnswerHeaders, UpstreamCall } from './upstream/upstream.ts'

const CALLS_KEY = tokenKey(CALLS)
/** Status on record for a caller that went away; never sent. */
const CALLER_GONE = 499
/** How long a provider may take to end its side after the answer is complete, so that its connection can be used again. */
const LINGER_MS = 1_000

export interface ExchangeParts {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly adapter: DialectAdapter
  readonly plane: Pick<GatewayPlane, 'record' | 'accepting' | 'nextId'>
  readonly pin: Pin
  readonly owner: KeyOwner
  readonly direct: DirectUpstream
  readonly limits: Limits
  readonly log: Logger
  readonly path: string
  /** Told once the exchange is over and holds nothing any more. */
  readonly over: () => void
}

export class Exchange implements AnswerOutlet {
  readonly callId: string
  readonly limits: Limits
  readonly #parts: ExchangeParts
  readonly #facts: Facts
  readonly #startedAt = performance.now()
  readonly #timer: NodeJS.Timeout
  readonly #cleared = new Set<string>()
  #judged: JudgedCall | null = null
  #session: AnswerSession | null = null
  #reader: AnswerReader | null = null
  #upstream: UpstreamCall | null = null
  #sink: AnswerSink | null = null
  #answerHeaders: AnswerHeaders = {}
  #verdict: Verdict | null = null
  #recorded = false
  #waiting = false
  /** Bytes of the answer that leave at the end of this turn. */
  #unsent: Buffer[] = []

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    this.limits = parts.limits
    this.callId = parts.plane.nextId()
    const { adapter, path, owner, pin } = parts
    this.#facts = newFacts({
      id: this.callId,
      at: Date.now(),
      dialect: adapter.dialect,
      path,
      owner,
      textMode: textMode(pin.snapshot),
    })
    this.#timer = setTimeout(() => this.#expire(), parts.limits.callMs)
    parts.response.on('close', () => this.#closed())
    parts.response.on('error', cause => parts.log.debug({ call: this.callId, error: String(cause) }, 'response broke'))
  }

  /* -------------------------------------------------------------- the request */

  /** Judges the call and sends it on. Everything that goes wrong is answered here; never throws. */
  run(body: Buffer): void {
    try {
      const { adapter, pin, limits, owner } = this.#parts
      this.#judged = judgeRequest({ body, adapter, owner, snapshot: pin.snapshot, depth: limits.depth }, this.#facts)
      this.#forward(this.#judged.call)
    } catch (error) {
      this.refuse(this.#catalogued(error))
    }
  }

  #forward(call: ParsedCall): void {
    const { request, adapter, direct, plane } = this.#parts
    const { target, request: judgement } = this.#facts
    if (!target || !judgement) throw new GatewayError('GW_INTERNAL')
    if (target.route === 'litellm') refuseSteering(call.body)
    const redactions = judgement.redactions
    if (!plane.accepting()) throw new GatewayError('GW_RECORDS_FULL')
    const handlers = {
      head: (status: number, headers: AnswerHeaders) => this.#head(status, headers),
      data: (bytes: Buffer) => this.#sink?.data(bytes),
      end: () => this.#sink?.end(),
      fail: (error: GatewayError) => this.#fail(error),
    }
    if (target.local) {
      const body = this.#rewritable(call.rewritten(target.sentAs ?? target.model, redactions), redactions)
      this.#upstream = runLocal({ ...target, local: target.local }, adapter.path, body, handlers)
    } else {
      const body = this.#rewritable(call.encode(target.sentAs ?? target.model, redactions), redactions)
      const headers = headersToProvider(request.headers, target, this.#mayPass)
      const path = adapter.upstreamAddress?.(target.baseUrl, queryOf(request)) ?? adapter.upstreamPath
      this.#upstream = direct.send({ target, path, headers, body }, handlers)
    }
    this.#facts.unscannedBytes = call.unscannedBytes
  }

  /** A finding in a place that cannot be rewritten, such as a member's name, stops the call instead. */
  #rewritable<T>(body: T | null, redactions: readonly Redaction[]): T {
    if (body === null) {
      this.#facts.verdict = 'block'
      throw new GatewayError('GW_BLOCKED', { detail: 'a part that would have to be removed cannot be rewritten' })
    }
    this.#facts.redactions = redactions
    return body
  }

  readonly #mayPass = (text: string): boolean => this.#judged !== null && isHarmless(text, this.#judged)

  /* -------------------------------------------------------------- the answer */

  #head(status: number, headers: AnswerHeaders): void {
    if (!this.#judged || this.#recorded) return
    this.#answerHeaders = headers
    const { judge, info } = this.#judged
    try {
      this.#session = new AnswerSession(judge.answer(info), keptChars(this.#facts.textMode), this.#cleared)
    } catch (cause) {
      this.abort()
      this.refuse(new GatewayError('GW_SCANNER', { cause }))
      return
    }
    this.#facts.session = this.#session
    this.#reader = this.#parts.adapter.reader(this.limits.depth, this.#cleared, this.#judged.call)
    const sink = this.#isStream(status, headers) ? new StreamAnswer(this) : new PlainAnswer(this, status)
    try {
      this.#sink = decodeInto(headerText(headers, 'content-encoding'), sink, {
        pause: () => this.#upstream?.pause(),
        resume: () => this.#upstream?.resume(),
      })
    } catch (error) {
      this.abort()
      this.refuse(this.#catalogued(error))
    }
  }

  /** What claims to be neither a stream nor JSON is read as what was asked for, and fails if it is not. */
  #isStream(status: number, headers: AnswerHeaders): boolean {
    if (status < 200 || status >= 300) return false
    const type = headerText(headers, 'content-type').toLowerCase()
    return type.startsWith('text/event-stream') || (this.#facts.stream && !type.includes('json'))
  }

  #fail(error: GatewayError): void {
    if (error.code === 'GW_INTERNAL') this.#logFault(error)
    if (this.#sink) this.#sink.fail(error)
    else this.refuse(error)
  }

  get session(): AnswerSession {
    if (!this.#session) throw new GatewayError('GW_INTERNAL')
    return this.#session
  }

  get reader(): AnswerReader {
    if (!this.#reader) throw new GatewayError('GW_INTERNAL')
    return this.#reader
  }

  get started(): boolean {
    return this.#parts.response.headersSent
  }

  setUsage(usage: Usage): void {
    this.#facts.usage = usage
  }

  addUnscanned(bytes: number): void {
    this.#facts.unscannedBytes += bytes
  }

  abort(): void {
    this.#upstream?.abort()
  }

  /** What one read of the provider's socket brings leaves in one piece: each write costs as much as judging ten frames. */
  write(bytes: Buffer): void {
    if (!this.started) this.#startStream()
    if (this.#unsent.push(bytes) === 1) process.nextTick(() => this.#flush())
  }

  #takeUnsent(last?: Buffer): Buffer {
    const parts = this.#unsent
    this.#unsent = []
    if (last) parts.push(last)
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  #flush(): void {
    const { response } = this.#parts
    if (this.#unsent.length === 0 || response.destroyed) return
    if (response.write(this.#takeUnsent()) || this.#waiting) return
    // A caller that reads slowly slows the provider down instead of filling memory.
    this.#waiting = true
    this.#upstream?.pause()
    response.once('drain', () => {
      this.#waiting = false
      this.#upstream?.resume()
    })
  }

  finish(bytes: Buffer): void {
    if (!this.#commit(200)) {
      this.#endUnrecorded()
      return
    }
    if (!this.started) this.#startStream()
    this.#parts.response.end(this.#takeUnsent(bytes))
  }

  cut(error: CataloguedError, bytes: Buffer, last: Buffer): void {
    this.#blame(error)
    if (error.code === 'GW_BLOCKED' || error.code === 'GW_SCANNER') this.#facts.action = 'cut'
    if (!this.#commit(200)) {
      this.#endUnrecorded()
      return
    }
    if (!this.started) this.#startStream()
    this.#parts.response.end(this.#takeUnsent(Buffer.concat([bytes, last])))
  }

  reply(status: number, body: Buffer): void {
    if (!this.#commit(status)) {
      this.refuse(new GatewayError('GW_RECORDS_FULL'))
      return
    }
    this.#respond(
      status,
      { ...headersToCaller(this.#answerHeaders, this.#mayPass), 'content-type': 'application/json' },
      body,
    )
  }

  refuse(error: CataloguedError): void {
    const { adapter, response } = this.#parts
    if (this.started || response.destroyed) return
    this.#blame(error)
    // Known in advance, so not tried and not logged for every call.
    if (error.code === 'GW_RECORDS_FULL') this.#recorded = true
    if (!error.code.startsWith('GW_UPSTREAM')) this.#facts.action = 'refused'
    const told = this.#recorded || this.#commit(error.status) ? error : new GatewayError('GW_RECORDS_FULL')
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    // The rest of a body that was refused early is not read, so the connection cannot be used again.
    if (!this.#parts.request.complete) headers['connection'] = 'close'
    if (told.advice === 'retry') headers['retry-after'] = '1'
    else headers['x-should-retry'] = 'false'
    if (told.code === 'GW_METHOD') headers['allow'] = 'POST'
    this.#respond(told.status, headers, Buffer.from(adapter.errorBody(told, this.callId), 'utf8'))
  }

  /** Ends the call because the path itself stops. */
  stop(): void {
    this.abort()
    const error = new GatewayError('GW_STOPPING')
    if (this.#sink) this.#sink.fail(error)
    else this.refuse(error)
  }

  #startStream(): void {
    const { response } = this.#parts
    this.#facts.firstByteMs = this.#elapsed()
    response.writeHead(200, {
      ...headersToCaller(this.#answerHeaders, this.#mayPass),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      ...this.#ownHeaders(),
    })
  }

  #respond(status: number, headers: Record<string, string>, body: Buffer): void {
    this.#parts.response.writeHead(status, {
      ...headers,
      'content-length': String(body.length),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...this.#ownHeaders(),
    })
    endAfterBody(this.#parts.request, this.#parts.response, body)
  }

  #ownHeaders(): Record<string, string> {
    return {
      'x-clawnex-call': this.callId,
      'x-clawnex-verdict': this.#verdict ?? this.#facts.request?.verdict ?? 'allow',
    }
  }

  /* -------------------------------------------------------------- the end */

  /** Notes why the call failed, and what that says about judging. */
  #blame(error: CataloguedError): void {
    this.#facts.error ??= error.code
    if (error.code === 'GW_SCANNER') this.#facts.verdict = 'error'
    if (error.code === 'GW_BLOCKED' || error.code === 'GW_UNSCANNABLE') this.#facts.verdict ??= 'block'
  }

  /** Appends the record before the last byte goes out. False when it could not be written. */
  #commit(status: number): boolean {
    if (this.#recorded) return true
    this.#recorded = true
    const { plane, log } = this.#parts
    this.#facts.firstByteMs ??= status === CALLER_GONE || this.#facts.session === null ? null : this.#elapsed()
    try {
      const record = buildRecord(this.#facts, status, this.#elapsed())
      this.#verdict = record.verdict
      plane.record(CALLS_KEY, record, this.callId)
      return true
    } catch (error) {
      log.error({ call: this.callId, error: String(error) }, 'call could not be put on record')
      return false
    }
  }

  /** What cannot be put on record is not shown as complete. */
  #endUnrecorded(): void {
    this.abort()
    if (!this.started) this.refuse(new GatewayError('GW_RECORDS_FULL'))
    else
      this.#parts.response.end(this.#takeUnsent(this.reader.cutHard(new GatewayError('GW_RECORDS_FULL'), this.callId)))
  }

  #closed(): void {
    clearTimeout(this.#timer)
    const upstream = this.#upstream
    if (!this.#recorded) {
      upstream?.abort()
      this.#commit(CALLER_GONE)
    } else if (upstream && !upstream.ended) setTimeout(() => upstream.abort(), LINGER_MS).unref()
    this.#parts.pin.release()
    this.#parts.over()
  }

  #expire(): void {
    const error = new GatewayError('GW_UPSTREAM_TIMEOUT', { detail: 'The call took longer than a call may.' })
    this.abort()
    if (this.#sink) this.#sink.fail(error)
    else this.refuse(error)
  }

  #catalogued(error: unknown): CataloguedError {
    if (isCatalogued(error)) return error
    const fault = new GatewayError('GW_INTERNAL', { cause: error })
    this.#logFault(fault)
    return fault
  }

  #logFault(error: CataloguedError): void {
    const cause = error.cause instanceof Error ? error.cause.stack : String(error.cause)
    this.#parts.log.error({ call: this.callId, error: cause }, 'call failed inside the model path')
  }

  #elapsed(): number {
    return round(performance.now() - this.#startedAt)
  }
}
