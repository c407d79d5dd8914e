/** A running model path with a fake kernel around it: a judge that acts on marker words, one key, one provider. */
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'undici'
import {
  type AnswerJudge,
  type AnswerStep,
  type CallRecord,
  type Finding,
  GatewayError,
  JUDGE,
  type Judge,
  type Judgement,
  type KeyOwner,
  type Logger,
  MODEL_KEYS,
  RECORDING,
  ROUTER,
  type Target,
  type TextMode,
  tokenKey,
  type Unit,
} from '../../../kernel/contract/index.ts'
import { createGateway, type Gateway, type Limits } from '../../../kernel/gateway/index.ts'
import type { Pin, Snapshot } from '../../../kernel/ports.ts'
import { startUpstream, type Upstream } from '../../fixtures/upstream.ts'

/** Marker words of the fake judge. */
export const BLOCK = 'BLOCKME'
export const SECRET = 'SECRETSECRETSECRET'
export const PLACEHOLDER = '[removed]'
export const THROW = 'THROWNOW'

const MARKERS = [BLOCK, SECRET, THROW]
const CLEAN = { score: 0, threshold: 60, findings: [], redactions: [], scannedBytes: 0, ms: 0.01 }

interface Mark {
  readonly word: string
  readonly start: number
  readonly end: number
}

function marksIn(text: string): Mark[] {
  return MARKERS.flatMap(word => {
    const marks: Mark[] = []
    for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length))
      marks.push({ word, start: at, end: at + word.length })
    return marks
  }).sort((a, b) => a.start - b.start)
}

function findingOf({ word, start }: Mark, unit: number): Finding {
  const secret = word === SECRET
  return {
    category: secret ? 'secret' : 'injection',
    rule: secret ? 'secret.marker' : 'injection.marker',
    severity: 'high',
    confidence: 1,
    start,
    end: start + word.length,
    unit,
    view: 'raw',
    title: secret ? 'A marker secret' : 'A marker that blocks',
  }
}

function judge(texts: readonly { id: number; text: string }[]): Judgement {
  const found = texts.flatMap(({ id, text }) => marksIn(text).map(mark => ({ mark, id })))
  if (found.some(({ mark }) => mark.word === THROW)) throw new Error('the fake judge was told to throw')
  const redactions = found
    .filter(({ mark }) => mark.word === SECRET)
    .map(({ mark, id }) => ({ unit: id, start: mark.start, end: mark.start + SECRET.length, placeholder: PLACEHOLDER }))
  const blocked = found.some(({ mark }) => mark.word === BLOCK)
  return {
    ...CLEAN,
    verdict: blocked ? 'block' : redactions.length > 0 ? 'redact' : 'allow',
    score: blocked ? 100 : 0,
    findings: found.map(({ mark, id }) => findingOf(mark, id)),
    redactions,
    scannedBytes: texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
  }
}

/** Holds back exactly what may still become a marker. */
class MarkerAnswerJudge implements AnswerJudge {
  readonly #texts = new Map<string, string>()
  readonly #order: string[] = []
  readonly #base: number

  constructor(base: number) {
    this.#base = base
  }

  push(channel: string, text: string): AnswerStep {
    return this.#step(channel, text, false)
  }

  end(channel: string): AnswerStep {
    return this.#step(channel, '', true)
  }

  toolCall(channel: string, name: string, argumentsText: string): Judgement {
    this.#add(channel, argumentsText)
    return judge([{ id: 0, text: `${argumentsText}\n${name}` }])
  }

  result(): Judgement {
    return judge(this.#order.map((channel, at) => ({ id: this.#base + at, text: this.#texts.get(channel) ?? '' })))
  }

  #add(channel: string, text: string): string {
    if (!this.#texts.has(channel)) this.#order.push(channel)
    const whole = (this.#texts.get(channel) ?? '') + text
    this.#texts.set(channel, whole)
    return whole
  }

  #step(channel: string, text: string, last: boolean): AnswerStep {
    const whole = this.#add(channel, text)
    const judgement = judge([{ id: 0, text: whole }])
    const stop = marksIn(whole).find(mark => mark.word === BLOCK)
    const releasable = stop
      ? stop.start
      : last
        ? whole.length
        : whole.length - heldTail(whole.slice(marksIn(whole).at(-1)?.end ?? 0))
    const redactions = judgement.redactions.filter(redaction => redaction.end <= releasable)
    return { releasable, redactions, ...(stop ? { cut: judgement } : {}) }
  }
}

function heldTail(text: string): number {
  const longest = Math.max(...MARKERS.map(word => word.length)) - 1
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const tail = text.slice(-length)
    if (MARKERS.some(word => word.length > length && word.startsWith(tail))) return length
  }
  return 0
}

export const markerJudge: Judge = {
  request: (units: readonly Unit[]) => judge(units),
  answer: call => new MarkerAnswerJudge(call.units.length),
}

/* ---------------------------------------------------------------- the running path */

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
  readonly text: string
  json(): Record<string, unknown>
}

export interface CallOptions {
  readonly path?: string
  readonly method?: string
  readonly key?: string | null
  readonly headers?: Record<string, string>
}

export interface ModelPath {
  readonly url: string
  readonly port: number
  readonly key: string
  readonly upstream: Upstream
  readonly gateway: Gateway
  readonly records: CallRecord[]
  readonly logged: string[]
  /** Pins that were not released. */
  pins(): number
  call(body: unknown, options?: CallOptions): Promise<Answer>
  /** Switches of the fakes. */
  readonly set: Settings
}

export interface Settings {
  judges: readonly Judge[]
  target: Partial<Target>
  textMode: TextMode | null
  accepting: boolean
  recordFails: boolean
  version: number
  models: KeyOwner['models']
  keys: boolean
  routers: boolean
  kernel: boolean
  /** The router throws. */
  faulty: boolean
}

export async function startModelPath(
  test: { after(fn: () => void | Promise<void>): void },
  limits: Partial<Limits> = {},
): Promise<ModelPath> {
  const upstream = await startUpstream()
  const key = `cnx_${randomBytes(16).toString('hex')}`
  const records: CallRecord[] = []
  const logged: string[] = []
  const set: Settings = {
    judges: [markerJudge],
    target: {},
    textMode: 'redacted',
    accepting: true,
    recordFails: false,
    version: 1,
    models: null,
    keys: true,
    routers: true,
    kernel: true,
    faulty: false,
  }
  let pins = 0
  let ids = 0
  const write = (fields: Record<string, unknown>, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log: Logger = { debug: write, info: write, warn: write, error: write }
  const snapshot = (): Snapshot => fakeSnapshot(set, key, upstream.url)
  const pin = (): Pin => {
    let released = false
    pins++
    return {
      snapshot: snapshot(),
      release: () => {
        if (!released) pins--
        released = true
      },
    }
  }
  const gateway = createGateway({
    kernel: () => (set.kernel ? { snapshot, pin } : undefined),
    plane: {
      version: () => set.version,
      accepting: () => set.accepting,
      nextId: () => `call-${++ids}`,
      record: (_key, row, id) => {
        if (set.recordFails) throw new GatewayError('GW_RECORDS_FULL')
        // What cannot be written as JSON must show here and not in the spool.
        records.push(JSON.parse(JSON.stringify(row)) as CallRecord)
        return id ?? ''
      },
    },
    log,
    run: { version: '0.0.0' },
    limits,
  })
  const { port } = await gateway.listen(0)
  const agent = new Agent({ keepAliveTimeout: 1000 })
  const url = `http://127.0.0.1:${port}`
  test.after(async () => {
    await agent.destroy()
    await gateway.close(0)
    await upstream.close()
  })
  return {
    url,
    port,
    key,
    upstream,
    gateway,
    records,
    logged,
    set,
    pins: () => pins,
    call: (body, options = {}) => send(agent, url, key, body, options),
  }
}

async function send(agent: Agent, url: string, key: string, body: unknown, options: CallOptions): Promise<Answer> {
  const { path = '/v1/chat/completions', method = 'POST' } = options
  const credential = options.key === undefined ? key : options.key
  const bytes =
    body === undefined ? null : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const answer = await request(`${url}${path}`, {
    method,
    dispatcher: agent,
    headers: {
      ...(bytes === null ? {} : { 'content-type': 'application/json' }),
      ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
      ...options.headers,
    },
    body: bytes,
  })
  const received = Buffer.from(await answer.body.arrayBuffer())
  const text = received.toString('utf8')
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: received,
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  }
}

function fakeSnapshot(set: Settings, key: string, baseUrl: string): Snapshot {
  const services = new Map<string, unknown>()
  if (set.keys) services.set(tokenKey(MODEL_KEYS), { verify: (given: string) => (given === key ? owner(set) : null) })
  if (set.textMode) services.set(tokenKey(RECORDING), { textMode: () => set.textMode })
  const points = new Map<string, readonly unknown[]>([[tokenKey(JUDGE), set.judges]])
  if (set.routers) points.set(tokenKey(ROUTER), [fakeRouter(set, baseUrl)])
  return { id: 1, generations: [], routes: new Map(), services, points, ui: [] }
}

function owner(set: Settings): KeyOwner {
  return { id: 'key-1', label: 'spec key …0000', models: set.models }
}

function fakeRouter(set: Settings, baseUrl: string) {
  return {
    models: () => [{ id: 'bar/model-1', provider: 'bar', demo: false }],
    resolve: (model: string): Target | null => {
      if (set.faulty) throw new Error('router broke')
      return model.startsWith('bar/')
        ? {
            provider: 'bar',
            model: model.slice(4),
            route: 'direct',
            dialect: 'openai',
            baseUrl,
            headers: { authorization: 'Bearer provider-side' },
            timeouts: { firstByte: 5_000, idle: 5_000 },
            price: { input: 2_000_000, output: 10_000_000, currency: 'USD', trust: 'estimated' },
            ...set.target,
          }
        : null
    },
  }
}

/** A call with one user message. */
export function say(content: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'bar/model-1', messages: [{ role: 'user', content }], ...more }
}

/** The texts a streamed answer brings, joined, by choice. */
export function streamedText(body: string): string {
  return body
    .split('\n')
    .filter(line => line.startsWith('data: {'))
    .map(line => JSON.parse(line.slice(6)) as { choices?: { delta?: { content?: string } }[] })
    .map(value => value.choices?.[0]?.delta?.content ?? '')
    .join('')
}

/** Waits until a condition holds; fails after two seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 2_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
