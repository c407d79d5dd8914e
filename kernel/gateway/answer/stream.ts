import { CataloguedError, GatewayError } from '../../contract/index.ts'
import type { Reading } from '../dialect.ts'
import { type Frame, SseParser } from '../sse/parser.ts'
import type { AnswerSink } from '../upstream/decode.ts'
import type { Placed } from './session.ts'
import type { AnswerOutlet } from './sink.ts'

interface Held {
  readonly frame: Frame
  readonly reading: Reading
  readonly placed: readonly Placed[]
}

const NOTHING = Buffer.alloc(0)

/**
 * A streamed answer. Frames leave whole and in order, each as soon as every text in it may be shown; a frame nobody had to
 * touch leaves with the bytes it came with. The bytes that come out do not depend on how the bytes going in were cut.
 */
export class StreamAnswer implements AnswerSink {
  readonly #outlet: AnswerOutlet
  readonly #parser: SseParser
  #held: Held[] = []
  #heldBytes = 0
  #total = 0
  #finished = false
  #told = false
  #over = false

  constructor(outlet: AnswerOutlet) {
    this.#outlet = outlet
    this.#parser = new SseParser(outlet.limits.frameBytes)
  }

  data(bytes: Buffer): void {
    if (this.#over) return
    this.#total += bytes.length
    try {
      if (this.#total > this.#outlet.limits.answerBytes) throw new RangeError('The answer exceeds the limit.')
      for (const frame of this.#parser.feed(bytes)) {
        this.#take(frame)
        if (this.#over) return
      }
      if (this.#heldBytes > this.#outlet.limits.heldBytes) throw new RangeError('Too much had to be held back.')
    } catch (error) {
      this.#failWith(error)
      return
    }
    const ready = this.#release(this.#readyCount())
    if (ready.length > 0) this.#outlet.write(ready)
  }

  end(): void {
    if (this.#over) return
    try {
      const rest = this.#parser.end()
      if (rest) this.#take(rest)
    } catch (error) {
      this.#failWith(error)
    }
    if (this.#over) return
    if (this.#finished) this.#finish()
    else if (this.#told) this.#finishTold()
    else this.fail(new GatewayError('GW_UPSTREAM_BROKEN', { detail: 'The stream ended before the answer did.' }))
  }

  fail(error: GatewayError): void {
    if (this.#over) return
    this.#outlet.session.end(false)
    if (this.#outlet.session.cut) {
      this.#cut()
      return
    }
    this.#over = true
    this.#outlet.abort()
    if (!this.#outlet.started) this.#outlet.refuse(error)
    else this.#outlet.cut(error, this.#releaseJudged(), this.#outlet.reader.cutHard(error, this.#outlet.callId))
  }

  #failWith(error: unknown): void {
    if (error instanceof RangeError) this.fail(new GatewayError('GW_UPSTREAM_TOO_LARGE', { detail: error.message }))
    else if (error instanceof CataloguedError) this.fail(error)
    else throw error
  }

  #take(frame: Frame): void {
    const { reader, session } = this.#outlet
    const reading = reader.frame(frame)
    if (reading.usage) this.#outlet.setUsage(reading.usage)
    if (reading.unscannedBytes) this.#outlet.addUnscanned(reading.unscannedBytes)
    this.#finished ||= reading.finished
    this.#told ||= reading.kind === 'error'
    const placed = session.take(reading)
    // The frame that brought the cut is not held: part of it was never judged.
    if (session.cut) {
      this.#cut()
      return
    }
    this.#held.push({ frame, reading, placed })
    this.#heldBytes += frame.raw.length
    if (reading.kind === 'done') this.#finish()
  }

  /** Everything has come: what is still held is decided now. */
  #finish(): void {
    this.#outlet.session.end(true)
    if (this.#outlet.session.cut) {
      this.#cut()
      return
    }
    this.#over = true
    this.#outlet.finish(this.#releaseJudged())
  }

  /** The provider itself told an error in its last frames; incomplete tool calls are left out. */
  #finishTold(): void {
    this.#outlet.session.end(false)
    if (this.#outlet.session.cut) {
      this.#cut()
      return
    }
    this.#over = true
    const bytes = this.#releaseJudged()
    this.#outlet.cut(
      new GatewayError('GW_UPSTREAM_BROKEN', { detail: 'It ended the answer with an error.' }),
      bytes,
      NOTHING,
    )
  }

  /** Ends the answer before the text that must not be shown. Nothing follows. */
  #cut(): void {
    const { session, reader, callId } = this.#outlet
    const cut = session.cut
    if (!cut) return
    this.#over = true
    this.#outlet.abort()
    if (!this.#outlet.started) {
      this.#outlet.refuse(cut.error)
      return
    }
    const ready = this.#release(this.#readyCount())
    this.#outlet.cut(cut.error, ready, cut.hard ? reader.cutHard(cut.error, callId) : reader.cutText())
  }

  #readyCount(): number {
    const { session } = this.#outlet
    let count = 0
    while (count < this.#held.length && session.ready(this.#held[count]?.placed ?? [])) count++
    return count
  }

  #release(count: number): Buffer {
    if (count === 0) return NOTHING
    const ready = this.#held.slice(0, count)
    this.#held = this.#held.slice(count)
    return this.#encode(ready)
  }

  /** All that was judged, leaving out frames that wait for a tool call which never became complete. */
  #releaseJudged(): Buffer {
    const ready = this.#held.filter(({ placed }) => this.#outlet.session.ready(placed))
    this.#held = []
    return this.#encode(ready)
  }

  #encode(frames: readonly Held[]): Buffer {
    const parts: Buffer[] = []
    for (const { frame, reading, placed } of frames) {
      this.#heldBytes -= frame.raw.length
      const changed = this.#outlet.session.rewrite(placed) || !reading.faithful
      this.#outlet.reader.shown?.(reading)
      parts.push(changed && reading.value ? this.#outlet.reader.encodeFrame(frame, reading.value) : frame.raw)
    }
    return joinParts(parts)
  }
}

/** Frames that lie side by side in one received chunk leave as one slice of it. */
function joinParts(parts: readonly Buffer[]): Buffer {
  const first = parts[0]
  if (!first) return NOTHING
  let end = first.byteOffset
  for (const part of parts) {
    if (part.buffer !== first.buffer || part.byteOffset !== end) return Buffer.concat(parts)
    end += part.length
  }
  return parts.length === 1 ? first : Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset)
}
