/** Reads answers of the OpenAI chat dialect, whole and streamed. */

import { isUtf8 } from 'node:buffer'
import type { CataloguedError } from '../../contract/index.ts'
import { broken, checkFrame, encodeFrame, newReading, parseAnswer, restSegments } from '../answer/reading.ts'
import type { AnswerReader, Reading } from '../dialect.ts'
import type { Frame } from '../sse/parser.ts'
import { errorBody } from './errors.ts'
import { makeTemplate, matchTemplate, type Template, TemplateReading } from './template.ts'
import { type ToolCalls, type Walk, walkAnswer } from './walk.ts'

const DONE = '[DONE]'

export class OpenAiReader implements AnswerReader {
  readonly #depth: number
  readonly #cleared: ReadonlySet<string>
  readonly #open = new Set<number>()
  readonly #ended = new Set<number>()
  readonly #tools = new Map<number, Set<string>>()
  readonly #calls: ToolCalls = new Map()
  #template: Template | null = null
  #envelope: { id: unknown; created: unknown; model: unknown } = { id: 'chatcmpl-clawnex', created: 0, model: '' }

  /** `cleared`: strings that were judged whole in this answer and found harmless, kept by the caller. */
  constructor(depth: number, cleared: ReadonlySet<string>) {
    this.#depth = depth
    this.#cleared = cleared
  }

  body(bytes: Buffer): Reading {
    const reading = this.#read(bytes.toString('utf8'), isUtf8(bytes))
    const value = reading.value
    if (value === null || !(Array.isArray(value['choices']) || 'error' in value))
      throw broken('It is not a chat completion.')
    return reading
  }

  frame(frame: Frame): Reading {
    const faithful = checkFrame(frame)
    const rest = restSegments(frame, this.#cleared)
    const done = frame.data?.trim() === DONE
    if (done || frame.data === null || frame.data === '') {
      if (!faithful) throw broken('It sent bytes that are not UTF-8.')
      return newReading({ kind: done ? 'done' : 'content', segments: rest })
    }
    const read = this.#readFrame(frame.data, faithful)
    // The value is named because a reading that parses only when asked has it as no member of its own.
    return rest.length === 0 ? read : { ...read, value: read.value, segments: [...rest, ...read.segments] }
  }

  encodeFrame(frame: Frame, value: Record<string, unknown>): Buffer {
    return encodeFrame(frame, value)
  }

  cutText(): Buffer {
    const open = [...this.#open].filter(index => !this.#ended.has(index))
    const choices = (open.length > 0 ? open : [0]).map(index => ({ index, delta: {}, finish_reason: 'content_filter' }))
    const last = JSON.stringify({ ...this.#envelope, object: 'chat.completion.chunk', choices })
    return Buffer.from(`data: ${last}\n\ndata: ${DONE}\n\n`, 'utf8')
  }

  cutHard(error: CataloguedError, callId: string): Buffer {
    return Buffer.from(`data: ${errorBody(error, callId)}\n\n`, 'utf8')
  }

  #readFrame(data: string, faithful: boolean): Reading {
    const text = this.#template === null ? null : matchTemplate(this.#template, data)
    if (this.#template && text !== null)
      return new TemplateReading(this.#template, data, text, faithful, this.#isFinished())
    const read = this.#read(data, faithful)
    this.#template = makeTemplate(data, read) ?? this.#template
    return read
  }

  #isFinished(): boolean {
    return this.#ended.size > 0 && this.#ended.size === this.#open.size
  }

  #read(text: string, faithful: boolean): Reading {
    const { value, members } = parseAnswer(text, this.#depth)
    const walk = walkAnswer(value, this.#cleared, this.#calls)
    this.#notice(value, walk)
    return newReading({
      kind: (value['error'] ?? null) !== null ? 'error' : 'content',
      value,
      segments: walk.segments,
      completed: this.#completed(walk),
      usage: walk.usage,
      faithful: faithful && walk.members === members,
      finished: this.#isFinished(),
    })
  }

  #notice(value: Record<string, unknown>, walk: Walk): void {
    if (typeof value['id'] === 'string')
      this.#envelope = { id: value['id'], created: value['created'] ?? 0, model: value['model'] ?? '' }
    for (const index of walk.open) this.#open.add(index)
    for (const index of walk.ended) this.#ended.add(index)
  }

  /** A call is complete when its choice ends. Pieces that come later find it complete and break the answer. */
  #completed(walk: Walk): string[] {
    for (const { kind, channel } of walk.segments) {
      if (kind !== 'tool') continue
      const choice = Number(channel.split(':')[1])
      const tools = this.#tools.get(choice)
      if (tools) tools.add(channel)
      else this.#tools.set(choice, new Set([channel]))
    }
    return [...walk.ended].flatMap(index => [...(this.#tools.get(index) ?? [])])
  }
}
