/** Reads answers of the messages API, whole and streamed. */
import { isUtf8 } from 'node:buffer'
import type { CataloguedError } from '../../contract/index.ts'
import { broken, checkFrame, encodeFrame, newReading, parseAnswer, restSegments } from '../answer/reading.ts'
import type { AnswerReader, Reading } from '../dialect.ts'
import { isObject } from '../json.ts'
import type { Frame } from '../sse/parser.ts'
import { errorBody } from './errors.ts'
import { UsageCount } from './usage.ts'
import { type Walk, WORDS, walkBody, walkEvent } from './walk.ts'

/** What an answer is asked to be. */
export type Shape = 'message' | 'size'

/** What a frame changes in what the caller sees of the message. */
interface Step {
  readonly type: 'open' | 'close'
  readonly block: number
}

const STEPS: Readonly<Record<string, Step['type']>> = {
  content_block_start: 'open',
  content_block_stop: 'close',
}

const EVENTS = new Set([...Object.keys(STEPS), 'message_start', 'content_block_delta', 'message_delta', 'message_stop'])

export class MessagesReader implements AnswerReader {
  readonly #shape: Shape
  readonly #depth: number
  readonly #cleared: ReadonlySet<string>
  readonly #usage = new UsageCount()
  /** Channels of each block. */
  readonly #channels = new Map<number, Set<string>>()
  readonly #steps = new WeakMap<Reading, Step>()
  /** Blocks the caller has seen begin and not end. */
  readonly #open = new Set<number>()

  /** `cleared`: strings that were judged whole in this answer and found harmless, kept by the caller. */
  constructor(shape: Shape, depth: number, cleared: ReadonlySet<string>) {
    this.#shape = shape
    this.#depth = depth
    this.#cleared = cleared
  }

  body(bytes: Buffer): Reading {
    const { value, members } = parseAnswer(bytes.toString('utf8'), this.#depth)
    const expected =
      this.#shape === 'size' ? typeof value['input_tokens'] === 'number' : Array.isArray(value['content'])
    if (!expected && !isObject(value['error'])) throw broken('It is not an answer of the messages API.')
    const walk = walkBody(value, this.#cleared)
    return newReading({
      value,
      segments: walk.segments,
      usage: this.#usage.read(value['usage']),
      faithful: isUtf8(bytes) && walk.members === members,
    })
  }

  frame(frame: Frame): Reading {
    const faithful = checkFrame(frame)
    const rest = restSegments(frame, WORDS, this.#cleared)
    if (frame.data === null || frame.data === '') return newReading({ segments: rest })
    const { value, members } = parseAnswer(frame.data, this.#depth)
    const type = typeOf(frame, value)
    const walk = walkEvent(type, value, this.#cleared)
    const reading = newReading({
      kind: type === 'message_stop' ? 'done' : isError(value) ? 'error' : 'content',
      value,
      segments: rest.length === 0 ? walk.segments : [...rest, ...walk.segments],
      completed: this.#complete(type, walk),
      usage: this.#usage.read(isObject(value['message']) ? value['message']['usage'] : value['usage']),
      faithful: faithful && walk.members === members,
    })
    const step = Object.hasOwn(STEPS, type) ? STEPS[type] : undefined
    if (step) this.#steps.set(reading, { type: step, block: walk.block ?? 0 })
    return reading
  }

  encodeFrame(frame: Frame, value: Record<string, unknown>): Buffer {
    return encodeFrame(frame, value)
  }

  shown(reading: Reading): void {
    const step = this.#steps.get(reading)
    if (step?.type === 'open') this.#open.add(step.block)
    else if (step?.type === 'close') this.#open.delete(step.block)
  }

  cutText(): Buffer {
    const usage = { output_tokens: this.#usage.output }
    const events = [
      ...[...this.#open].map(index => ({ type: 'content_block_stop', index })),
      { type: 'message_delta', delta: { stop_reason: 'refusal', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ]
    return Buffer.from(events.map(event => eventOf(event.type, JSON.stringify(event))).join(''), 'utf8')
  }

  cutHard(error: CataloguedError, callId: string): Buffer {
    return Buffer.from(eventOf('error', errorBody(error, callId)), 'utf8')
  }

  /** A block is complete when it ends, or when it came in one piece with the message. */
  #complete(type: string, { segments, block }: Walk): string[] {
    const known = block === null ? new Set<string>() : (this.#channels.get(block) ?? new Set())
    for (const { channel, kind } of segments) if (kind !== 'whole') known.add(channel)
    if (block === null) return [...known]
    this.#channels.set(block, known)
    return type === 'content_block_stop' ? [...known] : []
  }
}

/** Clients go by the event's name or by the type in its data; an event that says two things is none. */
function typeOf(frame: Frame, value: Readonly<Record<string, unknown>>): string {
  const type = value['type']
  if (typeof type !== 'string') return frame.rest
  if (EVENTS.has(frame.rest) && frame.rest !== type) throw broken('The name of an event is not its type.')
  return type
}

function isError(value: Readonly<Record<string, unknown>>): boolean {
  return value['type'] === 'error' || isObject(value['error'])
}

function eventOf(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`
}
