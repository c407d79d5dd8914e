/** The texts and strings of an answer: which were judged already, which are more of the same text, which stand alone. */
import type { Segment } from '../dialect.ts'
import { isObject } from '../json.ts'
import { readTokenTexts } from '../openai/walk.ts'
import { isPictureData } from '../request/media.ts'
import { KNOWN_KEYS, WORDS } from './names.ts'
import type { Spoken, SpokenTexts } from './spoken.ts'

export type Value = Record<string, unknown>

/** What a walk may leave out, and what it knows of the answer so far. */
export interface Known {
  readonly spoken: SpokenTexts
  /** Strings of this answer that were judged and found harmless. */
  readonly cleared: ReadonlySet<string>
  /** Texts of the request, which a response names again among its settings. They were judged there. */
  readonly echo: ReadonlySet<string>
}

/** Longer strings are judged once and recognised when they come again. */
const LONG = 128

/** Members that hold a word, not a piece of a longer text, even inside a delta. */
const STATE_KEYS: ReadonlySet<string> = new Set(['id', 'type', 'role', 'status'])

/** Where a text belongs: its id, its item, and the name of its channel when it is new. */
export interface TextPlace {
  readonly id: string
  readonly group: string
  readonly name: string
}

/** Collects what one parsed value says. */
export class TextFinder {
  readonly segments: Segment[] = []
  readonly completed: string[] = []
  /** Members of all objects that were visited. */
  members = 0
  unscannedBytes = 0
  readonly spoken: SpokenTexts
  readonly #known: Known

  constructor(known: Known) {
    this.#known = known
    this.spoken = known.spoken
  }

  /** A text at a place where one is expected: new, the same again, or another one, which then stands by itself. */
  text(place: TextPlace, text: string, holder: Value, key: string, final: boolean): void {
    const known = this.spoken.find(place.id)
    if (known?.text === text && text !== '') {
      this.segments.push({ channel: known.channel, kind: 'repeat', text, holder, key })
      if (final) this.endText(known)
    } else if (known && known.text !== '') this.#string(text, holder, key)
    else if (text !== '' && !(final && this.spoken.repeated(text))) {
      const spoken = this.spoken.open(place.id, place.group, place.name)
      this.stream(spoken, text, holder, key)
      if (final) this.endText(spoken)
    } else this.#string(text, holder, key)
  }

  stream(spoken: Spoken, text: string, holder: Value, key: string): void {
    if (text === '') return
    spoken.text += text
    this.segments.push({ channel: spoken.channel, kind: 'stream', text, holder, key })
  }

  endText(spoken: Spoken): void {
    if (spoken.ended) return
    this.spoken.finish(spoken)
    this.completed.push(spoken.channel)
    this.endTexts(tokensOf(spoken.channel))
  }

  endTexts(group: string | null): void {
    for (const spoken of this.spoken.unfinished(group)) this.endText(spoken)
  }

  /** Token texts repeat the content, so what is cut there must go here too: the whole list, as it means nothing in part. */
  logprobs(holder: Value, list: unknown[], channel: string, whole: boolean): void {
    this.#count(list)
    for (const [name, text] of readTokenTexts(list)) {
      const again = whole ? this.spoken.repeated(text) : undefined
      const place = { text, holder, key: 'logprobs', drop: true }
      if (again) this.segments.push({ channel: again.channel, kind: 'repeat', ...place })
      else {
        const spoken = whole ? this.spoken.standalone(text) : this.#tokens(channel, name)
        this.segments.push({ channel: spoken.channel, kind: 'stream', ...place })
        if (whole) this.completed.push(spoken.channel)
      }
    }
  }

  #tokens(channel: string, name: string): Spoken {
    const list = tokensOf(channel)
    return this.spoken.open(`${list} ${name}`, list, list + name)
  }

  #count(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#count(item)
    else if (isObject(value))
      for (const key of Object.keys(value)) {
        this.members++
        this.#count(value[key])
      }
  }

  picture(text: string, holder: object, key: string): void {
    if (isPictureData(text)) this.unscannedBytes += text.length
    else this.#string(text, holder, key)
  }

  /** A value of any layout: strings that are complete in themselves. */
  any(value: unknown, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (key === 'partial_image_b64') this.picture(value, holder, key)
      else this.#string(value, holder, key)
    } else if (Array.isArray(value)) for (const [at, item] of value.entries()) this.any(item, value, at)
    else if (isObject(value)) this.each(value, (name, item) => this.any(item, value, name))
  }

  #string(text: string, holder: object, key: string | number): void {
    if (text === '' || WORDS.has(text) || this.#known.cleared.has(text)) return
    const place = { text, holder: holder as Value, key: String(key) }
    const again = this.spoken.repeated(text)
    if (again) this.segments.push({ channel: again.channel, kind: 'repeat', ...place })
    else if (text.length <= LONG) this.segments.push({ channel: '', kind: 'whole', ...place })
    else {
      const { channel } = this.spoken.standalone(text)
      this.segments.push({ channel, kind: 'stream', ...place })
      this.completed.push(channel)
    }
  }

  each(value: Value, visit: (key: string, item: unknown) => void): void {
    for (const key of Object.keys(value)) {
      this.members++
      this.#key(key)
      visit(key, value[key])
    }
  }

  #key(key: string): void {
    if (!KNOWN_KEYS.has(key) && !this.#known.cleared.has(key))
      this.segments.push({ channel: '', kind: 'whole', text: key, holder: null, key: '' })
  }

  /** Settings come back as the caller sent them, tools and instructions with every response. */
  setting(value: unknown, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (!this.#known.echo.has(value)) this.#string(value, holder, key)
    } else if (Array.isArray(value)) for (const [at, item] of value.entries()) this.setting(item, value, at)
    else if (isObject(value))
      for (const name of Object.keys(value)) {
        this.members++
        if (!this.#known.echo.has(name)) this.#key(name)
        this.setting(value[name], value, name)
      }
  }

  /** A delta of several texts side by side: pieces of one text per path, at whatever position of a list they stand. */
  pieces(delta: unknown, holder: object, key: string | number, text: TextPlace): void {
    if (typeof delta === 'string' && !STATE_KEYS.has(String(key)))
      this.stream(this.spoken.open(text.id, text.group, text.name), delta, holder as Value, String(key))
    else if (Array.isArray(delta)) for (const [at, item] of delta.entries()) this.pieces(item, delta, at, text)
    else if (isObject(delta))
      this.each(delta, (name, item) =>
        this.pieces(item, delta, name, { ...text, id: `${text.id} ${name}`, name: `${text.name}/${name}` }),
      )
    else this.any(delta, holder, key)
  }

  /** Arguments that are no string are judged as the string they mean. */
  textOf(value: unknown): string {
    if (typeof value === 'string') return value
    this.#count(value)
    return JSON.stringify(value)
  }
}

/** Names the token lists that belong to a text. */
function tokensOf(channel: string): string {
  return `logprobs:${channel}`
}
