/** Goes through a body or an event of the Responses API and says to which text each string belongs. */
import type { Segment, Usage } from '../dialect.ts'
import { isObject } from '../json.ts'
import { CallFinder, type ItemPlace } from './calls.ts'
import { CHANNELS, ENDINGS, isCall, PART_KINDS } from './names.ts'
import { type Known, TextFinder, type TextPlace, type Value } from './texts.ts'

/** Walks one parsed value. Afterwards its members say what was found. */
export class Walk {
  usage: Usage | null = null
  readonly #texts: TextFinder
  readonly #calls: CallFinder

  constructor(known: Known) {
    this.#texts = new TextFinder(known)
    this.#calls = new CallFinder(this.#texts)
  }

  get segments(): Segment[] {
    return this.#texts.segments
  }

  get completed(): string[] {
    return this.#texts.completed
  }

  /** Members of all objects, for comparison with the text. */
  get members(): number {
    return this.#texts.members
  }

  get unscannedBytes(): number {
    return this.#texts.unscannedBytes
  }

  /** A whole answer. */
  body(value: Value): void {
    this.#response(value, true)
  }

  /** The data of one event of this type. */
  event(value: Value, type: string): void {
    const [, kind, step] = /^response\.(.+)\.(added|delta|done)$/.exec(type) ?? []
    if (kind === 'output_item') this.#itemEvent(value, step === 'done')
    else if (kind === 'content_part' || kind === 'reasoning_summary_part') this.#partEvent(value, step === 'done')
    else if (kind !== undefined && step === 'delta') this.#deltaEvent(value, kind)
    else if (kind !== undefined && step === 'done') this.#doneEvent(value, kind)
    else {
      const ending = ENDINGS.has(type)
      if (ending) this.#texts.endTexts(null)
      this.#texts.each(value, (key, item) => {
        if (key === 'response' && isObject(item)) this.#response(item, ending)
        else this.#texts.any(item, value, key)
      })
    }
  }

  /* -------------------------------------------------------------- texts in pieces */

  #deltaEvent(value: Value, kind: string): void {
    const group = this.#groupOf(value)
    const call = this.#calls.find(kind, group, value)
    const place = placeOf(value, group, kind)
    this.#texts.each(value, (key, item) => {
      if (key === 'delta' && call) this.#calls.piece(call, this.#texts.textOf(item), value, key)
      else if (key === 'delta') this.#texts.pieces(item, value, key, place)
      else if (key === 'logprobs' && Array.isArray(item)) this.#texts.logprobs(value, item, place.name, false)
      else this.#texts.any(item, value, key)
    })
  }

  #doneEvent(value: Value, kind: string): void {
    const group = this.#groupOf(value)
    const call = this.#calls.find(kind, group, value)
    if (call) {
      this.#calls.done(call, value, kind, group)
      return
    }
    const place = placeOf(value, group, kind)
    const spoken = this.#texts.spoken.find(place.id)
    if (spoken) this.#texts.endText(spoken)
    this.#texts.each(value, (key, item) => {
      if (typeof item === 'string' && !spoken && (key === 'text' || key === 'refusal'))
        this.#texts.text(place, item, value, key, true)
      else if (key === 'logprobs' && Array.isArray(item)) this.#texts.logprobs(value, item, place.name, true)
      else this.#texts.any(item, value, key)
    })
  }

  /* -------------------------------------------------------------- parts and items */

  #partEvent(value: Value, final: boolean): void {
    const group = this.#groupOf(value)
    const index = indexOf(value)
    if (final)
      for (const spoken of this.#texts.spoken.unfinished(group))
        if (spoken.channel.endsWith(index)) this.#texts.endText(spoken)
    this.#texts.each(value, (key, item) => {
      if (key === 'part' && isObject(item)) this.#part(item, { group, final }, index)
      else this.#texts.any(item, value, key)
    })
  }

  #itemEvent(value: Value, final: boolean): void {
    const { item } = value
    const { output_index: index } = value
    const position = typeof index === 'number' ? String(index) : '0'
    const group = isObject(item) ? this.#texts.spoken.noteItem(item['id'], position) : position
    if (final) this.#texts.endTexts(group)
    this.#texts.each(value, (key, member) => {
      if (key === 'item' && isObject(member)) this.#item(member, { group, final })
      else this.#texts.any(member, value, key)
    })
  }

  #item(item: Value, place: ItemPlace): void {
    if (isCall(item)) this.#calls.item(item, place)
    else
      this.#texts.each(item, (key, member) => {
        if ((key === 'content' || key === 'summary') && Array.isArray(member)) this.#parts(member, place)
        else if (key === 'result' && typeof member === 'string') this.#texts.picture(member, item, key)
        else this.#texts.any(member, item, key)
      })
  }

  #parts(parts: unknown[], place: ItemPlace): void {
    for (const [at, part] of parts.entries())
      if (isObject(part)) this.#part(part, place, `:${at}`)
      else this.#texts.any(part, parts, at)
  }

  #part(part: Value, { group, final }: ItemPlace, index: string): void {
    const kind = PART_KINDS[String(part['type'])]
    const place = kind === undefined ? null : textPlace(kind, group, index)
    this.#texts.each(part, (key, member) => {
      if (place && typeof member === 'string' && (key === 'text' || key === 'refusal'))
        this.#texts.text(place, member, part, key, final)
      else if (place && key === 'logprobs' && Array.isArray(member))
        this.#texts.logprobs(part, member, place.name, final)
      else this.#texts.any(member, part, key)
    })
  }

  /* -------------------------------------------------------------- the response */

  #response(response: Value, final: boolean): void {
    this.#texts.each(response, (key, member) => {
      if (key === 'output' && Array.isArray(member)) {
        for (const [at, item] of member.entries())
          if (isObject(item)) this.#item(item, { group: this.#texts.spoken.noteItem(item['id'], String(at)), final })
          else this.#texts.any(item, member, at)
      } else if (key === 'usage') {
        this.usage = readUsage(member)
        this.#texts.any(member, response, key)
      } else this.#texts.setting(member, response, key)
    })
  }

  #groupOf(value: Value): string {
    const { output_index: index, item_id: id } = value
    return this.#texts.spoken.groupOf(id, typeof index === 'number' ? String(index) : '0')
  }
}

/** Position of a text within its item. */
function indexOf(value: Value): string {
  const index = value['content_index'] ?? value['summary_index']
  return `:${typeof index === 'number' ? index : 0}`
}

function placeOf(value: Value, group: string, kind: string): TextPlace {
  return textPlace(kind, group, indexOf(value))
}

function textPlace(kind: string, group: string, index: string): TextPlace {
  return { id: `${kind} ${group}${index}`, group, name: `${CHANNELS[kind] ?? kind}:${group}${index}` }
}

function readUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const { input_tokens: input, output_tokens: output } = value
  if (!isCount(input)) return null
  return { input, output: isCount(output) ? output : 0 }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
