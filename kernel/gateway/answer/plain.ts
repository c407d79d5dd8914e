import { CataloguedError, GatewayError } from '../../contract/index.ts'
import type { AnswerSink } from '../upstream/decode.ts'
import type { AnswerOutlet } from './sink.ts'

/** An answer that comes as one JSON body: read whole, judged, then sent on as it came unless something had to go. */
export class PlainAnswer implements AnswerSink {
  readonly #outlet: AnswerOutlet
  readonly #status: number
  readonly #parts: Buffer[] = []
  #length = 0
  #over = false

  constructor(outlet: AnswerOutlet, status: number) {
    this.#outlet = outlet
    this.#status = status
  }

  data(bytes: Buffer): void {
    if (this.#over) return
    this.#length += bytes.length
    if (this.#length > this.#outlet.limits.answerBytes) this.fail(new GatewayError('GW_UPSTREAM_TOO_LARGE'))
    else this.#parts.push(bytes)
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    try {
      this.#judge(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, this.#length))
    } catch (error) {
      // Everyone behind takes this answer for over, so a fault of ours is answered here as well.
      if (!(error instanceof CataloguedError)) {
        this.#outlet.refuse(new GatewayError('GW_INTERNAL', { cause: error }))
        throw error
      }
      const detail = `It answered with status ${this.#status}.`
      this.#outlet.refuse(
        this.#status >= 300 ? new GatewayError('GW_UPSTREAM_BROKEN', { detail, cause: error }) : error,
      )
    }
  }

  fail(error: GatewayError): void {
    if (this.#over) return
    this.#over = true
    this.#outlet.abort()
    this.#outlet.refuse(error)
  }

  #judge(body: Buffer): void {
    const { reader, session } = this.#outlet
    if ((this.#status >= 300 && this.#status < 400) || this.#status >= 600) throw new GatewayError('GW_UPSTREAM_BROKEN')
    const reading = reader.body(body)
    if (reading.usage) this.#outlet.setUsage(reading.usage)
    if (reading.unscannedBytes) this.#outlet.addUnscanned(reading.unscannedBytes)
    const placed = session.take(reading)
    session.end(true)
    if (session.cut) {
      this.#outlet.refuse(session.cut.error)
      return
    }
    const changed = session.rewrite(placed) || !reading.faithful
    this.#outlet.reply(this.#status, changed ? Buffer.from(JSON.stringify(reading.value), 'utf8') : body)
  }
}
