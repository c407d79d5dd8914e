/** Reads answers of the Responses API, whole and streamed. */
import { isUtf8 } from 'node:buffer'
import type { CataloguedError } from '../../contract/index.ts'
import { broken, checkFrame, encodeFrame, newReading, parseAnswer, restSegments } from '../answer/reading.ts'
import type { AnswerReader, ParsedCall, Reading } from '../dialect.ts'
import { isObject } from '../json.ts'
import { BLOCKED_CODE, errorMessage } from '../openai/errors.ts'
import { NAMES_PATH } from '../request/collector.ts'
import type { Frame } from '../sse/parser.ts'
import { ENDINGS } from './names.ts'
import { ShownResponse } from './shown.ts'
import { SpokenTexts } from './spoken.ts'
import type { Known } from './texts.ts'
import { Walk } from './walk.ts'

const DONE = '[DONE]'

export class ResponsesReader implements AnswerReader {
  readonly #depth: number
  readonly #known: Known
  readonly #shown = new ShownResponse()
  #finished = false

  /** `cleared`: strings that were judged whole in this answer and found harmless, kept by the caller. */
  constructor(depth: number, cleared: ReadonlySet<string>, call: Pick<ParsedCall, 'units'>) {
    this.#depth = depth
    this.#known = { spoken: new SpokenTexts(), cleared, echo: echoOf(call) }
  }

  body(bytes: Buffer): Reading {
    const { value, members } = parseAnswer(bytes.toString('utf8'), this.#depth)
    if (!Array.isArray(value['output']) && !isObject(value['error'])) throw broken('It is not a response.')
    const walk = new Walk(this.#known)
    walk.body(value)
    return this.#reading(value, walk, isUtf8(bytes) && walk.members === members)
  }

  frame(frame: Frame): Reading {
    const faithful = checkFrame(frame)
    const rest = restSegments(frame, this.#known.cleared)
    const done = frame.data?.trim() === DONE
    if (done || frame.data === null || frame.data === '') {
      if (!faithful) throw broken('It sent bytes that are not UTF-8.')
      return newReading({ kind: done ? 'done' : 'content', segments: rest })
    }
    const { value, members } = parseAnswer(frame.data, this.#depth)
    const walk = new Walk(this.#known)
    const type = typeOf(value, frame)
    walk.event(value, type)
    this.#finished ||= ENDINGS.has(type) && type !== 'response.failed'
    walk.segments.unshift(...rest)
    return this.#reading(value, walk, faithful && walk.members === members)
  }

  #reading(value: Record<string, unknown>, walk: Walk, faithful: boolean): Reading {
    const { type, error } = value
    return newReading({
      kind: type === 'error' || type === 'response.failed' || isObject(error) ? 'error' : 'content',
      value,
      segments: walk.segments,
      completed: walk.completed,
      usage: walk.usage,
      faithful,
      finished: this.#finished,
      unscannedBytes: walk.unscannedBytes,
    })
  }

  encodeFrame(frame: Frame, value: Record<string, unknown>): Buffer {
    return encodeFrame(frame, value)
  }

  shown(reading: Reading): void {
    if (reading.value) this.#shown.note(reading.value)
  }

  cutText(): Buffer {
    const changes = { status: 'incomplete', error: null, incomplete_details: { reason: 'content_filter' } }
    return encodeEvents(this.#shown.end('response.incomplete', changes))
  }

  /** Callers that follow the response hear that it failed, callers that only look for errors hear the error. */
  cutHard(error: CataloguedError, callId: string): Buffer {
    const code = error.code === 'GW_BLOCKED' ? BLOCKED_CODE : error.code
    const message = errorMessage(error, callId)
    const failed = this.#shown.begun ? [this.#shown.fail({ code, message })] : []
    return encodeEvents([...failed, this.#shown.event('error', { code, message, param: null })])
  }
}

/** Clients go by the type in the data or by the event's name; an event that says two things is none. */
function typeOf({ type }: Record<string, unknown>, { rest }: Frame): string {
  const name = rest === type ? undefined : rest.split('\n').find(line => /^(?:response\..+|error)$/.test(line))
  if (typeof type !== 'string') return name ?? ''
  if (name !== undefined && name !== type) throw broken('The name of an event is not its type.')
  return type
}

/** Texts and names of the request. */
function echoOf({ units }: Pick<ParsedCall, 'units'>): Set<string> {
  return new Set(units.flatMap(({ path, text }) => (path === NAMES_PATH ? text.split('\n') : [text])))
}

function encodeEvents(events: readonly Record<string, unknown>[]): Buffer {
  const frames = events.map(event => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`)
  return Buffer.from(frames.join(''), 'utf8')
}
