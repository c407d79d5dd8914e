import type { Socket } from 'node:net'
import { type GatewayStatus, type Logger, PluginError, RunError } from '../contract/index.ts'
import type { DashboardPlane, GatewayOrder, Store } from '../ports.ts'
import { type Connection, connect, PROTOCOL } from './connection.ts'
import type { FileCalls } from './file-calls.ts'
import { FrameError, type Message } from './frames.ts'
import { type IncomingBatch, Ingest, readBatch } from './ingest.ts'
import { type Listener, listen } from './listener.ts'
import { Publisher } from './publisher.ts'
import { describeError, type RemoteError, reviveError } from './remote-error.ts'

const STAGE_MS = 30_000
const COMMIT_MS = 5_000
const ORDER_MS = 10_000
/** The gateway speaks every 2 seconds; one that is silent for so long hangs. */
const SILENCE_MS = 10_000
const WAITING_MS = 10_000
const RETRY_FIRST_MS = 100
const RETRY_LAST_MS = 5_000

export interface DashboardPlaneOptions {
  readonly dataDir: string
  readonly store: Store
  readonly log: Logger
  readonly files?: FileCalls
}

type Commands = Parameters<DashboardPlane['setCommands']>[0]
type Pending = (message: Message | undefined) => void

const NO_GATEWAY: GatewayStatus = {
  connected: false,
  since: null,
  pid: null,
  snapshotVersion: null,
  spool: null,
  plugins: [],
  calls: null,
  ready: false,
  port: null,
  litellm: null,
}

export function createDashboardPlane(options: DashboardPlaneOptions): DashboardPlane {
  return new Dashboard(options)
}

class Dashboard implements DashboardPlane {
  readonly #options: DashboardPlaneOptions
  readonly #publisher: Publisher
  readonly #ingest: Ingest
  readonly #listeners = new Set<(status: GatewayStatus) => void>()
  readonly #pending = new Map<string, Pending>()
  #commands: Commands | undefined
  #status = NO_GATEWAY
  #gateway: Connection | undefined
  #heardAt = 0
  #listener: Listener | undefined
  #timers: NodeJS.Timeout[] = []
  #retry: NodeJS.Timeout | undefined
  #retryMs = 0
  #lastStage = 0

  constructor(options: DashboardPlaneOptions) {
    this.#options = options
    this.#ingest = new Ingest(options.store, options.log)
    this.#publisher = new Publisher(options.dataDir, options.log, text => this.#sendSnapshot(text), options.files)
  }

  publish(key: string, value: unknown): void {
    this.#publisher.set(key, value)
  }

  setHandlers(find: Parameters<DashboardPlane['setHandlers']>[0]): void {
    this.#ingest.setHandlers(find)
  }

  setCommands(run: Commands): void {
    this.#commands = run
  }

  async start(): Promise<void> {
    this.#publisher.begin()
    this.#takeWaiting()
    this.#listener = await listen(this.#options.dataDir, socket => this.#greet(socket))
    this.#timers = [
      setInterval(() => this.#takeWaiting(), WAITING_MS),
      setInterval(() => this.#cutSilent(), SILENCE_MS / 2),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  gateway(): GatewayStatus {
    return this.#status
  }

  onGateway(listener: (status: GatewayStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async stageOnGateway(plugin: string, by: string) {
    const gateway = this.#gateway
    if (gateway === undefined) return null
    this.#lastStage += 1
    const id = `${process.pid}-${this.#lastStage}`
    const answer = await this.#ask(gateway, { t: 'stage', id, plugin, by }, STAGE_MS)
    if (answer?.t !== 'staged') {
      if (gateway.open) gateway.send({ t: 'abort', id, reason: 'the dashboard gave up' })
      throw refused(plugin, answer)
    }
    return {
      commit: () => this.#commit(gateway, id, plugin),
      abort: async (reason: string) => gateway.send({ t: 'abort', id, reason }),
    }
  }

  async operate(order: GatewayOrder): Promise<unknown> {
    const gateway = this.#gateway
    if (gateway === undefined) throw new RunError('RUN_LITELLM', { detail: 'No gateway is connected.' })
    this.#lastStage += 1
    const answer = await this.#ask(gateway, { t: 'order', id: `${process.pid}-${this.#lastStage}`, order }, ORDER_MS)
    if (answer?.t === 'refused') throw reviveError(answer['error'] as RemoteError)
    if (answer === undefined) throw new RunError('RUN_LITELLM', { detail: 'The gateway did not answer.' })
    return answer['value']
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#retry)
    this.#publisher.end()
    await this.#listener?.close()
    this.#listener = undefined
  }

  /** A gateway that goes between stage and commit starts from the new source when it comes back: that is no failure. */
  async #commit(gateway: Connection, id: string, plugin: string): Promise<void> {
    const answer = await this.#ask(gateway, { t: 'commit', id }, COMMIT_MS)
    if (answer?.t === 'refused') throw refused(plugin, answer)
  }

  /** The answer, or undefined when the connection ended or the time is over. */
  #ask(gateway: Connection, message: Message & { id: string }, ms: number): Promise<Message | undefined> {
    return new Promise(resolve => {
      const settle: Pending = answer => {
        clearTimeout(timer)
        this.#pending.delete(message.id)
        resolve(answer)
      }
      const timer = setTimeout(() => settle(undefined), ms)
      this.#pending.set(message.id, settle)
      if (gateway.open) gateway.send(message)
      else settle(undefined)
    })
  }

  #greet(socket: Socket): void {
    let role: 'gateway' | 'cli' | undefined
    const connection = connect(socket, this.#options.log, {
      message: message => {
        if (role === 'gateway') this.#fromGateway(message, connection)
        else if (role === 'cli') void this.#fromCli(message, connection)
        else role = this.#hello(message, connection)
      },
      close: () => {
        if (this.#gateway === connection) this.#lose()
      },
    })
  }

  #hello(message: Message, connection: Connection): 'gateway' | 'cli' | undefined {
    const { t, v, role } = message
    if (t !== 'hello' || v !== PROTOCOL || (role !== 'gateway' && role !== 'cli')) {
      this.#options.log.warn({ version: v, role }, 'a client of the planes’ socket speaks another version')
      connection.close()
      return undefined
    }
    if (role === 'gateway') this.#adopt(message, connection)
    return role
  }

  #adopt(hello: Message, connection: Connection): void {
    const before = this.#gateway
    if (before !== undefined) this.#lose()
    before?.close()
    this.#gateway = connection
    this.#heardAt = Date.now()
    this.#retryMs = 0
    clearTimeout(this.#retry)
    connection.send({ t: 'welcome', v: PROTOCOL })
    const version = typeof hello['version'] === 'number' ? hello['version'] : 0
    this.#publisher.catchUp(version)
    const text = this.#publisher.text()
    if (text !== undefined) this.#sendSnapshot(text)
    this.#update({
      ...NO_GATEWAY,
      connected: true,
      since: Date.now(),
      pid: toNumber(hello['pid']),
      snapshotVersion: version,
    })
    this.#options.log.info({ pid: hello['pid'] }, 'gateway connected')
  }

  #lose(): void {
    this.#gateway = undefined
    clearTimeout(this.#retry)
    for (const settle of [...this.#pending.values()]) settle(undefined)
    this.#update(NO_GATEWAY)
    this.#options.log.warn({}, 'gateway disconnected')
  }

  #fromGateway(message: Message, connection: Connection): void {
    if (this.#gateway !== connection) return
    this.#heardAt = Date.now()
    if (message.t === 'records') this.#receive(message, connection)
    else if (message.t === 'status') this.#noteStatus(message['status'] as Partial<GatewayStatus>)
    else if (message.t === 'report')
      this.#options.log.warn({ code: message['code'], detail: message['detail'] }, 'gateway')
    else if (message.t === 'staged' || message.t === 'refused' || message.t === 'committed' || message.t === 'done') {
      this.#pending.get(String(message['id']))?.(message)
    }
  }

  #receive(message: Message, connection: Connection): void {
    const batch = readBatch(message)
    if (batch === undefined) throw new FrameError('a batch of records is malformed')
    this.#take(batch, connection)
  }

  /** Acknowledged after the commit. When the database cannot be written the batch is kept and tried again, ever slower. */
  #take(batch: IncomingBatch, connection: Connection): void {
    if (this.#gateway !== connection) return
    try {
      this.#ingest.take(batch)
      if (this.#retryMs > 0) this.#options.log.info({}, 'records are taken again')
      this.#retryMs = 0
      connection.send({ t: 'ack', segment: batch.segment, to: batch.to, records: batch.rows.length })
    } catch (error) {
      if (this.#retryMs === 0) this.#options.log.error({ error }, 'records cannot be stored; they wait at the gateway')
      this.#retryMs = Math.min(RETRY_LAST_MS, Math.max(RETRY_FIRST_MS, this.#retryMs * 2))
      this.#retry = setTimeout(() => this.#take(batch, connection), this.#retryMs)
      this.#retry.unref()
    }
  }

  #takeWaiting(): void {
    try {
      const taken = this.#ingest.takeWaiting()
      if (taken > 0) this.#options.log.info({ taken }, 'records that waited for a plugin were taken')
    } catch (error) {
      this.#options.log.error({ error }, 'waiting records cannot be stored')
    }
  }

  async #fromCli({ t, command, args }: Message, connection: Connection): Promise<void> {
    if (t !== 'command') return
    try {
      if (this.#commands === undefined) throw new RunError('RUN_USAGE', { detail: 'No commands are served yet.' })
      const value = await this.#commands(String(command), (args ?? {}) as Readonly<Record<string, unknown>>)
      connection.send({ t: 'result', value: value ?? null })
    } catch (error) {
      connection.send({ t: 'result', error: describeError(error) })
    }
  }

  #noteStatus(status: Partial<GatewayStatus>): void {
    this.#update({ ...this.#status, ...status })
  }

  #update(status: GatewayStatus): void {
    if (JSON.stringify(status) === JSON.stringify(this.#status)) return
    this.#status = status
    for (const listener of this.#listeners) {
      try {
        listener(status)
      } catch (error) {
        this.#options.log.error({ error }, 'a listener of the gateway status threw')
      }
    }
  }

  #sendSnapshot(text: string): void {
    this.#gateway?.send({ t: 'snapshot', text })
  }

  #cutSilent(): void {
    if (this.#gateway === undefined || Date.now() - this.#heardAt < SILENCE_MS) return
    this.#options.log.warn({}, 'the gateway is silent; its connection is cut')
    this.#gateway.close()
  }
}

function refused(plugin: string, answer: Message | undefined): PluginError {
  const error = answer?.['error'] as RemoteError | undefined
  const detail = error === undefined ? 'It did not answer.' : `${error.code ?? 'Error'}: ${error.message}`
  return new PluginError('PLG_GATEWAY_REFUSED', { phase: 'probe', plugin }, { detail })
}

function toNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
