import { connect as connectSocket } from 'node:net'
import type { Logger } from '../contract/index.ts'
import { type Connection, connect } from './connection.ts'
import type { Message } from './frames.ts'
import { checkSocketFolder, socketPath } from './socket-path.ts'

const FIRST_MS = 50
/** While the other end is most likely starting, an attempt is cheap and a wait would delay the whole product. */
const SOON_MS = 100
const SOON_FOR_MS = 15_000
const LAST_MS = 1000

export interface UplinkEvents {
  up(connection: Connection): void
  message(message: Message): void
  down(): void
}

/** Keeps one connection to the dashboard, for as long as it is not ended. */
export class Uplink {
  readonly #path: string
  readonly #log: Logger
  readonly #on: UplinkEvents
  #connection: Connection | undefined
  #timer: NodeJS.Timeout | undefined
  #delay = FIRST_MS
  #aloneSince = Date.now()
  #ended = false

  constructor(dataDir: string, log: Logger, on: UplinkEvents) {
    this.#path = socketPath(dataDir)
    this.#log = log
    this.#on = on
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  start(): void {
    if (this.#ended) return
    try {
      checkSocketFolder(this.#path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.error({ error }, 'the socket of the planes is not safe')
      this.#again()
      return
    }
    this.#connect()
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#connection?.close()
  }

  #connect(): void {
    const socket = connectSocket(this.#path)
    const connection = connect(socket, this.#log, {
      message: message => {
        if (message.t === 'welcome') this.#delay = FIRST_MS
        this.#on.message(message)
      },
      close: () => {
        const was = this.#connection === connection
        this.#connection = undefined
        if (was) {
          this.#aloneSince = Date.now()
          this.#on.down()
        }
        this.#again()
      },
    })
    socket.on('connect', () => {
      this.#connection = connection
      this.#on.up(connection)
    })
  }

  /** Doubling with jitter, so that neither end is flooded while the other starts. */
  #again(): void {
    if (this.#ended) return
    this.#timer = setTimeout(() => this.start(), this.#delay * (0.75 + Math.random() / 2))
    const last = Date.now() - this.#aloneSince < SOON_FOR_MS ? SOON_MS : LAST_MS
    this.#delay = Math.min(last, this.#delay * 2)
  }
}
