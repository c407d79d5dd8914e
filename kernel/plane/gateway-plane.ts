import type { GatewayStatus, Logger } from '../contract/index.ts'
import type { GatewayOrder, GatewayPlane, Staged } from '../ports.ts'
import { lockDataFolder } from '../store/lock.ts'
import { type Connection, PROTOCOL } from './connection.ts'
import type { FileCalls } from './file-calls.ts'
import { encodeFrame, type Message } from './frames.ts'
import { prepareGatewayFolder } from './gateway-folder.ts'
import { describeError } from './remote-error.ts'
import { readVerifyKey } from './signing.ts'
import { loadSnapshot, openSnapshot, type SnapshotContent } from './snapshot-file.ts'
import { Spool } from './spool.ts'
import { createUlid } from './ulid.ts'
import { Uplink } from './uplink.ts'

const STATUS_MS = 2000
const CHANGE_MS = 250

export interface GatewayPlaneOptions {
  readonly dataDir: string
  readonly log: Logger
  /** Bytes the spool may take on disk. Default: CLAWNEX_SPOOL_BYTES or 64 MiB. */
  readonly spoolLimit?: number
  readonly files?: FileCalls
}

type ReadStatus = Parameters<GatewayPlane['setStatus']>[0]
type Operator = Parameters<GatewayPlane['setOperator']>[0]
type Stager = Parameters<GatewayPlane['setStager']>[0]

export function createGatewayPlane(options: GatewayPlaneOptions): GatewayPlane {
  return new Gateway(options)
}

class Gateway implements GatewayPlane {
  readonly #options: GatewayPlaneOptions
  readonly #uplink: Uplink
  readonly #ulid = createUlid()
  readonly #listeners = new Set<(changed: ReadonlySet<string>) => void>()
  readonly #staged = new Map<string, Staged | 'wanted' | 'unwanted'>()
  #spool: Spool | undefined
  #snapshot: SnapshotContent = { version: 0, at: 0, values: {} }
  #texts = new Map<string, string>()
  #stager: Stager | undefined
  #operator: Operator | undefined
  #readStatus: ReadStatus = () => ({ plugins: [], calls: null, ready: false, port: null, litellm: null })
  #lastStatus = ''
  #statusAt = 0
  #timer: NodeJS.Timeout | undefined
  #inFlight = false
  #pushing = false
  #unlock: (() => void) | undefined

  constructor(options: GatewayPlaneOptions) {
    this.#options = options
    this.#uplink = new Uplink(options.dataDir, options.log, {
      up: connection => this.#up(connection),
      message: message => this.#take(message),
      down: () => this.#down(),
    })
  }

  async start(): Promise<void> {
    const { dataDir, log, files } = this.#options
    prepareGatewayFolder(dataDir)
    this.#unlock = lockDataFolder(dataDir, 'gateway')
    this.#spool = new Spool({
      dataDir,
      log,
      limit: this.#options.spoolLimit ?? limitFromEnvironment(),
      ...(files === undefined ? {} : { files }),
      onReport: (code, detail) => this.#report(code, detail),
    })
    this.#spool.onAppend(() => this.#pushSoon())
    const last = loadSnapshot(dataDir, readVerifyKey(dataDir), (error, path) => {
      log.error({ error, path }, 'a snapshot on disk is not good and was passed over')
    })
    if (last !== undefined) this.#accept(last.content)
    this.#timer = setInterval(() => this.#tellStatus(false), CHANGE_MS)
    this.#timer.unref()
    this.#uplink.start()
  }

  version(): number {
    return this.#snapshot.version
  }

  value(key: string): unknown {
    return Object.hasOwn(this.#snapshot.values, key) ? this.#snapshot.values[key] : undefined
  }

  onValues(listener: (changed: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  record(key: string, row: unknown, id = this.#ulid()): string {
    if (this.#spool === undefined) throw new Error('the plane is not started')
    this.#spool.append({ id, at: Date.now(), key, row })
    return id
  }

  accepting(): boolean {
    return this.#spool?.accepting() ?? false
  }

  nextId(): string {
    return this.#ulid()
  }

  setStager(stage: Stager): void {
    this.#stager = stage
  }

  setStatus(read: ReadStatus): void {
    this.#readStatus = read
    this.#tellStatus(true)
  }

  setOperator(operate: Operator): void {
    this.#operator = operate
  }

  connected(): boolean {
    return this.#uplink.connection !== undefined
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#uplink.end()
    try {
      this.#spool?.close()
    } finally {
      this.#spool = undefined
      this.#unlock?.()
      this.#unlock = undefined
    }
  }

  #up(connection: Connection): void {
    this.#inFlight = false
    connection.send({ t: 'hello', v: PROTOCOL, role: 'gateway', pid: process.pid, version: this.version() })
    this.#tellStatus(true)
    this.#pushSoon()
  }

  /** What was staged on behalf of a dashboard that is gone is given up: nobody will commit it. */
  #down(): void {
    this.#inFlight = false
    for (const [id, staged] of this.#staged) this.#abort(id, staged, 'the connection between the planes ended')
  }

  #take(message: Message): void {
    if (message.t === 'ack') this.#acknowledged(message)
    else if (message.t === 'snapshot') this.#offered(String(message['text']))
    else if (message.t === 'stage')
      void this.#stage(String(message['id']), String(message['plugin']), String(message['by']))
    else if (message.t === 'order') void this.#operate(message)
    else if (message.t === 'commit') this.#commit(String(message['id']))
    else if (message.t === 'abort') {
      const id = String(message['id'])
      this.#abort(id, this.#staged.get(id), String(message['reason']))
    }
  }

  #offered(text: string): void {
    try {
      const content = openSnapshot(readVerifyKey(this.#options.dataDir), text)
      if (content.version === this.version() && isSame(content, this.#snapshot)) return
      if (content.version <= this.version()) {
        throw new Error(`version ${content.version} came after version ${this.version()}`)
      }
      this.#accept(content)
      this.#tellStatus(true)
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      this.#options.log.error({ error }, 'a snapshot was refused; the last good one stays in force')
      this.#report('RUN_SNAPSHOT_INVALID', detail)
    }
  }

  #accept(content: SnapshotContent): void {
    const texts = new Map(Object.entries(content.values).map(([key, value]) => [key, JSON.stringify(value)]))
    const keys = new Set([...texts.keys(), ...this.#texts.keys()])
    const changed = new Set([...keys].filter(key => texts.get(key) !== this.#texts.get(key)))
    this.#snapshot = content
    this.#texts = texts
    for (const listener of [...this.#listeners]) {
      try {
        listener(changed)
      } catch (error) {
        this.#options.log.error({ error }, 'a listener of the snapshot threw')
      }
    }
  }

  /** Records of one turn go together; while a batch is under way the next ones gather. */
  #pushSoon(): void {
    if (this.#pushing || this.#inFlight || !this.connected()) return
    this.#pushing = true
    setImmediate(() => {
      this.#pushing = false
      this.#push()
    })
  }

  #push(): void {
    const { connection } = this.#uplink
    if (connection === undefined || this.#inFlight || this.#spool === undefined) return
    try {
      const batch = this.#spool.nextBatch()
      if (batch === undefined) return
      this.#inFlight = true
      const head = JSON.stringify({ t: 'records', segment: batch.segment, to: batch.to, ends: batch.ends })
      // The rows are JSON already; their checksums were just verified.
      connection.sendRaw(`${head.slice(0, -1)},"rows":[${batch.rows.join(',')}]}\n`)
    } catch (error) {
      this.#options.log.error({ error }, 'the spool cannot be read')
      setTimeout(() => this.#pushSoon(), STATUS_MS).unref()
    }
  }

  #acknowledged({ segment, to, records }: Message): void {
    this.#inFlight = false
    this.#spool?.acknowledge(String(segment), Number(to), Number(records))
    this.#push()
  }

  async #stage(id: string, plugin: string, by: string): Promise<void> {
    this.#staged.set(id, 'wanted')
    try {
      if (this.#stager === undefined) throw new Error('the gateway is still starting')
      const staged = await this.#stager(plugin, by)
      const unwanted = this.#staged.get(id) !== 'wanted'
      this.#staged.set(id, staged)
      if (unwanted) this.#abort(id, staged, 'nobody waits for it any more')
      else this.#send({ t: 'staged', id })
    } catch (error) {
      this.#staged.delete(id)
      this.#send({ t: 'refused', id, error: describeError(error) })
    }
  }

  async #operate({ id, order }: Message): Promise<void> {
    try {
      if (this.#operator === undefined) throw new Error('the gateway is still starting')
      const value = await this.#operator(order as GatewayOrder)
      this.#tellStatus(true)
      this.#send({ t: 'done', id, value: value ?? null })
    } catch (error) {
      this.#send({ t: 'refused', id, error: describeError(error) })
    }
  }

  #commit(id: string): void {
    const staged = this.#staged.get(id)
    this.#staged.delete(id)
    try {
      if (typeof staged !== 'object') throw new Error('nothing is staged under this number')
      staged.commit()
      this.#send({ t: 'committed', id })
      this.#tellStatus(true)
    } catch (error) {
      this.#send({ t: 'refused', id, error: describeError(error) })
    }
  }

  #abort(id: string, staged: Staged | 'wanted' | 'unwanted' | undefined, reason: string): void {
    if (staged === undefined) return
    if (typeof staged === 'string') {
      this.#staged.set(id, 'unwanted')
      return
    }
    this.#staged.delete(id)
    staged.abort(reason).catch(error => this.#options.log.error({ error }, 'a staged generation could not be undone'))
  }

  #tellStatus(force: boolean): void {
    if (!this.connected() || this.#spool === undefined) return
    const status: Partial<GatewayStatus> = {
      ...this.#readStatus(),
      snapshotVersion: this.version(),
      spool: this.#spool.status(),
    }
    const text = JSON.stringify(status)
    const now = Date.now()
    if (!force && text === this.#lastStatus && now - this.#statusAt < STATUS_MS) return
    this.#lastStatus = text
    this.#statusAt = now
    this.#send({ t: 'status', status })
  }

  #report(code: string, detail: string): void {
    this.#send({ t: 'report', code, detail })
  }

  #send(message: Message): void {
    this.#uplink.connection?.sendRaw(encodeFrame(message))
  }
}

function isSame(a: SnapshotContent, b: SnapshotContent): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function limitFromEnvironment(): number {
  const limit = Number(process.env['CLAWNEX_SPOOL_BYTES'])
  return Number.isSafeInteger(limit) && limit >= 64 * 1024 ? limit : 64 * 1024 * 1024
}
