/**
 * Reads frames that repeat the one before but for one text, without parsing them. Almost all frames of a streamed answer are
 * of that kind, and parsing is most of what a frame costs.
 *
 * Why this reads what a parser would: the template is a frame that was parsed, has no backslash, and holds its text exactly
 * once between quotes, so that place is the text. A frame with the same characters before and after it, and none between that
 * end a string, escape, or are not allowed in one, is the same JSON with another text.
 */
import type { Reading, Segment } from '../dialect.ts'
import { isObject } from '../json.ts'

export interface Template {
  readonly before: string
  readonly after: string
  readonly channel: string
  /** Position in `choices`, and the member of its `delta`. */
  readonly choice: number
  readonly key: string
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON forbids in a string.
const SPECIAL = /["\\\u0000-\u001f]/

/** The template a parsed frame makes, or null when it is not of the plain kind. */
export function makeTemplate(data: string, reading: Reading): Template | null {
  const [segment] = reading.segments
  if (
    reading.kind !== 'content' ||
    !segment ||
    reading.segments.length !== 1 ||
    segment.kind !== 'stream' ||
    segment.drop
  )
    return null
  if (!reading.faithful || reading.usage || reading.completed.length > 0 || data.includes('\\')) return null
  const choice = findChoice(reading.value, segment)
  const quoted = `"${segment.text}"`
  const at = data.indexOf(quoted)
  if (choice === -1 || at === -1 || data.indexOf(quoted, at + 1) !== -1) return null
  return {
    before: data.slice(0, at + 1),
    after: data.slice(at + quoted.length - 1),
    channel: segment.channel,
    choice,
    key: segment.key,
  }
}

function findChoice(value: Record<string, unknown> | null, segment: Segment): number {
  const choices = value?.['choices']
  if (!Array.isArray(choices)) return -1
  return choices.findIndex(choice => isObject(choice) && choice['delta'] === segment.holder)
}

/** The text of a frame that fits the template, or null. */
export function matchTemplate(template: Template, data: string): string | null {
  const { before, after } = template
  if (data.length < before.length + after.length || !data.startsWith(before) || !data.endsWith(after)) return null
  const text = data.slice(before.length, data.length - after.length)
  return SPECIAL.test(text) ? null : text
}

const NONE: readonly never[] = []

/** A frame known by its template. It is parsed only when it has to be rewritten. */
export class TemplateReading implements Reading {
  readonly kind = 'content'
  readonly completed = NONE
  readonly usage = null
  readonly faithful: boolean
  readonly finished: boolean
  readonly segments: readonly Segment[]
  readonly #template: Template
  readonly #data: string
  #value: Record<string, unknown> | null = null

  constructor(template: Template, data: string, text: string, faithful: boolean, finished: boolean) {
    this.#template = template
    this.#data = data
    this.faithful = faithful
    this.finished = finished
    this.segments = text === '' ? NONE : [new TemplateSegment(template, text, this)]
  }

  get value(): Record<string, unknown> {
    this.#value ??= JSON.parse(this.#data) as Record<string, unknown>
    return this.#value
  }

  get holder(): Record<string, unknown> {
    const choices = this.value['choices'] as { delta: Record<string, unknown> }[]
    return choices[this.#template.choice]?.delta ?? {}
  }
}

class TemplateSegment implements Segment {
  readonly kind = 'stream'
  readonly channel: string
  readonly text: string
  readonly key: string
  readonly #reading: TemplateReading

  constructor(template: Template, text: string, reading: TemplateReading) {
    this.channel = template.channel
    this.key = template.key
    this.text = text
    this.#reading = reading
  }

  get holder(): Record<string, unknown> {
    return this.#reading.holder
  }
}
