/** Finds every string of a body or an event of the Responses API and says to which text it belongs. */
import type { Segment, Usage } from '../dialect.ts'
import { isObject } from '../json.ts'
import { readTokenTexts } from '../openai/walk.ts'
import { isPictureData } from '../request/media.ts'
import { ARGUMENT_KEYS, CALL_KINDS, CHANNELS, ENDINGS, isCall, KNOWN_KEYS, PART_KINDS, WORDS } from './names.ts'
import type { Spoken, SpokenCall, SpokenTexts } from './spoken.ts'

type Value = Record<string, unknown>

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

/** An item on its way: which one, and whether it is said to be complete. */
interface Place {
  readonly group: string
  readonly final: boolean
}

/** Walks one parsed value. Afterwards its members say what was found. */
export class Walk {
  readonly segments: Segment[] = []
  readonly completed: string[] = []
  members = 0
  usage: Usage | null = null
  unscannedBytes = 0
  readonly #spoken: SpokenTexts
  readonly #known: Known

  constructor(known: Known) {
    this.#known = known
    this.#spoken = known.spoken
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
      if (ending) this.#endTexts(null)
      this.#each(value, (key, item) => {
        if (key === 'response' && isObject(item)) this.#response(item, ending)
        else this.#any(item, value, key)
      })
    }
  }

  /* -------------------------------------------------------------- texts in pieces */

  #deltaEvent(value: Value, kind: string): void {
    const group = this.#groupOf(value)
    const call = this.#callOf(kind, group, value)
    this.#each(value, (key, item) => {
      if (key === 'delta' && typeof item === 'string') {
        if (call) this.#piece(call, item, value, key)
        else
          this.#stream(
            this.#spoken.open(textId(value, group, kind), group, label(kind, group, value)),
            item,
            value,
            key,
          )
      } else if (key === 'delta' && call) this.#piece(call, this.#textOf(item), value, key)
      else if (key === 'delta')
        this.#pieces(item, value, key, { id: textId(value, group, kind), group, name: label(kind, group, value) })
      else if (key === 'logprobs' && Array.isArray(item)) this.#logprobs(value, item, label(kind, group, value), false)
      else this.#any(item, value, key)
    })
  }

  /** A delta of several texts side by side: pieces of one text per path, at whatever position of a list they stand. */
  #pieces(
    delta: unknown,
    holder: object,
    key: string | number,
    text: { id: string; group: string; name: string },
  ): void {
    if (typeof delta === 'string' && !STATE_KEYS.has(String(key)))
      this.#stream(this.#spoken.open(text.id, text.group, text.name), delta, holder as Value, String(key))
    else if (Array.isArray(delta)) for (const [at, item] of delta.entries()) this.#pieces(item, delta, at, text)
    else if (isObject(delta))
      this.#each(delta, (name, item) =>
        this.#pieces(item, delta, name, { ...text, id: `${text.id} ${name}`, name: `${text.name}/${name}` }),
      )
    else this.#any(delta, holder, key)
  }

  #doneEvent(value: Value, kind: string): void {
    const group = this.#groupOf(value)
    const call = this.#callOf(kind, group, value)
    if (call) {
      this.#callDone(call, value, kind, group)
      return
    }
    const spoken = this.#spoken.find(textId(value, group, kind))
    if (spoken) this.#endText(spoken)
    this.#each(value, (key, item) => {
      if (typeof item === 'string' && !spoken && (key === 'text' || key === 'refusal')) {
        this.#text(textId(value, group, kind), group, label(kind, group, value), item, value, key, true)
      } else if (key === 'logprobs' && Array.isArray(item)) this.#logprobs(value, item, label(kind, group, value), true)
      else this.#any(item, value, key)
    })
  }

  #callDone(call: SpokenCall, value: Value, kind: string, group: string): void {
    const served = kind === 'shell_call_command' ? 'shell' : call.name
    const name = typeof value['name'] === 'string' ? value['name'] : served
    const given = Object.keys(value).find(key => isArgument(key) && isSaid(value[key]))
    this.#each(value, (key, item) => {
      if (key === given) this.#arguments(callId(kind, group, value), call, name, this.#textOf(item), value, key)
      else this.#any(item, value, key)
    })
    // A call without a name is judged with its item, which brings it.
    if (name !== '') this.#decide(call)
  }

  /* -------------------------------------------------------------- parts and items */

  #partEvent(value: Value, final: boolean): void {
    const group = this.#groupOf(value)
    const index = indexOf(value)
    if (final)
      for (const spoken of this.#spoken.unfinished(group)) if (spoken.channel.endsWith(index)) this.#endText(spoken)
    this.#each(value, (key, item) => {
      if (key === 'part' && isObject(item)) this.#part(item, { group, final }, index)
      else this.#any(item, value, key)
    })
  }

  #itemEvent(value: Value, final: boolean): void {
    const { item } = value
    const { output_index: index } = value
    const position = typeof index === 'number' ? String(index) : '0'
    const group = isObject(item) ? this.#spoken.noteItem(item['id'], position) : position
    if (final) this.#endTexts(group)
    this.#each(value, (key, member) => {
      if (key === 'item' && isObject(member)) this.#item(member, { group, final })
      else this.#any(member, value, key)
    })
  }

  #item(item: Value, place: Place): void {
    if (isCall(item['type'])) this.#call(item, place)
    else
      this.#each(item, (key, member) => {
        if ((key === 'content' || key === 'summary') && Array.isArray(member)) this.#parts(member, place)
        else if (key === 'result' && typeof member === 'string') this.#picture(member, item, key)
        else this.#any(member, item, key)
      })
  }

  #parts(parts: unknown[], place: Place): void {
    for (const [at, part] of parts.entries())
      if (isObject(part)) this.#part(part, place, `:${at}`)
      else this.#any(part, parts, at)
  }

  #part(part: Value, { group, final }: Place, index: string): void {
    const kind = PART_KINDS[String(part['type'])]
    const name = kind === undefined ? '' : `${CHANNELS[kind] ?? kind}:${group}${index}`
    this.#each(part, (key, member) => {
      if (kind !== undefined && typeof member === 'string' && (key === 'text' || key === 'refusal'))
        this.#text(`${kind} ${group}${index}`, group, name, member, part, key, final)
      else if (kind !== undefined && key === 'logprobs' && Array.isArray(member))
        this.#logprobs(part, member, name, final)
      else this.#any(member, part, key)
    })
  }

  /* -------------------------------------------------------------- calls */

  /** Pieces belong to a call by their kind, or because their item is one. */
  #callOf(kind: string, group: string, value: Value): SpokenCall | null {
    const id = callId(kind, group, value)
    if (CALL_KINDS.has(kind)) return this.#spoken.call(id) ?? this.#spoken.beginCall(id, `tool:${id}`)
    return this.#spoken.call(group) ?? null
  }

  #call(item: Value, { group, final }: Place): void {
    const call = this.#spoken.call(group) ?? this.#spoken.beginCall(group, `tool:${group}`)
    const name =
      typeof item['name'] === 'string' ? item['name'] : String(item['type']).replace(/_(?:call|request)$/, '')
    const given = ARGUMENT_KEYS.find(key => isSaid(item[key]))
    // Held even while it brings neither name nor arguments: no part of a call is shown before all of it was judged.
    this.segments.push({
      channel: call.channel,
      kind: call.decided ? 'repeat' : 'tool',
      text: '',
      holder: null,
      key: '',
    })
    if (!final) this.#named(call, name)
    else if (given === undefined) this.#arguments(group, call, name, callText(item), null, '')
    this.#each(item, (key, member) => {
      if (key === given && final) this.#arguments(group, call, name, this.#textOf(member), item, key)
      else if (key === given) this.#piece(call, this.#textOf(member), item, key)
      else this.#any(member, item, key)
    })
    if (final) this.#endCalls(group)
  }

  #named(call: SpokenCall, name: string): void {
    if (call.name !== '' || name === '') return
    call.name = name
    this.segments.push({ channel: call.channel, kind: 'tool', text: '', tool: name, holder: null, key: '' })
  }

  #piece(call: SpokenCall, text: string, holder: Value, key: string): void {
    call.text += text
    this.segments.push({ channel: call.channel, kind: 'tool', text, holder, key })
  }

  /** The whole of a call's arguments: what came in pieces, once more; or else a call that has to be judged by itself. */
  #arguments(id: string, call: SpokenCall, name: string, text: string, holder: Value | null, key: string): void {
    const sameName = call.name === name || (call.name === '' && !call.decided)
    if (sameName && call.text === text) {
      this.#named(call, name)
      this.segments.push({ channel: call.channel, kind: 'repeat', text, holder, key })
      this.#decide(call)
      return
    }
    const fresh = sameName && call.text === '' && !call.decided ? call : this.#spoken.beginCall(id, `tool:${id}`)
    if (fresh !== call) this.#decide(call)
    this.#named(fresh, name)
    fresh.text = text
    this.segments.push({ channel: fresh.channel, kind: 'tool', text, holder, key })
    this.#decide(fresh)
  }

  /** Arguments that are no string are judged as the string they mean. */
  #textOf(value: unknown): string {
    if (typeof value === 'string') return value
    this.#count(value)
    return JSON.stringify(value)
  }

  #decide(call: SpokenCall): void {
    if (call.decided) return
    call.decided = true
    this.completed.push(call.channel)
  }

  #endCalls(group: string): void {
    for (const call of this.#spoken.undecided(group)) this.#decide(call)
  }

  /* -------------------------------------------------------------- the response */

  #response(response: Value, final: boolean): void {
    this.#each(response, (key, member) => {
      if (key === 'output' && Array.isArray(member)) {
        for (const [at, item] of member.entries())
          if (isObject(item)) this.#item(item, { group: this.#spoken.noteItem(item['id'], String(at)), final })
          else this.#any(item, member, at)
      } else if (key === 'usage') {
        this.usage = readUsage(member)
        this.#any(member, response, key)
      } else this.#setting(member, response, key)
    })
  }

  /** Settings come back as the caller sent them, tools and instructions with every response. */
  #setting(value: unknown, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (!this.#known.echo.has(value)) this.#string(value, holder, key)
    } else if (Array.isArray(value)) for (const [at, item] of value.entries()) this.#setting(item, value, at)
    else if (isObject(value))
      for (const name of Object.keys(value)) {
        this.members++
        if (!this.#known.echo.has(name)) this.#key(name)
        this.#setting(value[name], value, name)
      }
  }

  /* -------------------------------------------------------------- strings */

  /** A text at a place where one is expected: new, the same again, or another one, which then stands by itself. */
  #text(id: string, group: string, name: string, text: string, holder: Value, key: string, final: boolean): void {
    const known = this.#spoken.find(id)
    if (known?.text === text && text !== '') {
      this.segments.push({ channel: known.channel, kind: 'repeat', text, holder, key })
      if (final) this.#endText(known)
    } else if (known && known.text !== '') this.#string(text, holder, key)
    else if (text !== '' && !(final && this.#spoken.repeated(text))) {
      const spoken = this.#spoken.open(id, group, name)
      this.#stream(spoken, text, holder, key)
      if (final) this.#endText(spoken)
    } else this.#string(text, holder, key)
  }

  #stream(spoken: Spoken, text: string, holder: Value, key: string): void {
    if (text === '') return
    spoken.text += text
    this.segments.push({ channel: spoken.channel, kind: 'stream', text, holder, key })
  }

  #endText(spoken: Spoken): void {
    if (spoken.ended) return
    this.#spoken.finish(spoken)
    this.completed.push(spoken.channel)
    this.#endTexts(tokensOf(spoken.channel))
  }

  #endTexts(group: string | null): void {
    for (const spoken of this.#spoken.unfinished(group)) this.#endText(spoken)
  }

  /** Token texts repeat the content, so what is cut there must go here too: the whole list, as it means nothing in part. */
  #logprobs(holder: Value, list: unknown[], channel: string, whole: boolean): void {
    this.#count(list)
    for (const [name, text] of readTokenTexts(list)) {
      const again = whole ? this.#spoken.repeated(text) : undefined
      const place = { text, holder, key: 'logprobs', drop: true }
      if (again) this.segments.push({ channel: again.channel, kind: 'repeat', ...place })
      else {
        const spoken = whole ? this.#spoken.standalone(text) : this.#tokens(channel, name)
        this.segments.push({ channel: spoken.channel, kind: 'stream', ...place })
        if (whole) this.completed.push(spoken.channel)
      }
    }
  }

  #tokens(channel: string, name: string): Spoken {
    const list = tokensOf(channel)
    return this.#spoken.open(`${list} ${name}`, list, list + name)
  }

  #count(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#count(item)
    else if (isObject(value))
      for (const key of Object.keys(value)) {
        this.members++
        this.#count(value[key])
      }
  }

  #picture(text: string, holder: object, key: string): void {
    if (isPictureData(text)) this.unscannedBytes += text.length
    else this.#string(text, holder, key)
  }

  /** A value of any layout: strings that are complete in themselves. */
  #any(value: unknown, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (key === 'partial_image_b64') this.#picture(value, holder, key)
      else this.#string(value, holder, key)
    } else if (Array.isArray(value)) for (const [at, item] of value.entries()) this.#any(item, value, at)
    else if (isObject(value)) this.#each(value, (name, item) => this.#any(item, value, name))
  }

  #string(text: string, holder: object, key: string | number): void {
    if (text === '' || WORDS.has(text) || this.#known.cleared.has(text)) return
    const place = { text, holder: holder as Value, key: String(key) }
    const again = this.#spoken.repeated(text)
    if (again) this.segments.push({ channel: again.channel, kind: 'repeat', ...place })
    else if (text.length <= LONG) this.segments.push({ channel: '', kind: 'whole', ...place })
    else {
      const { channel } = this.#spoken.standalone(text)
      this.segments.push({ channel, kind: 'stream', ...place })
      this.completed.push(channel)
    }
  }

  #each(value: Value, visit: (key: string, item: unknown) => void): void {
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

  #groupOf(value: Value): string {
    const { output_index: index, item_id: id } = value
    return this.#spoken.groupOf(id, typeof index === 'number' ? String(index) : '0')
  }
}

function isArgument(key: string): boolean {
  return ARGUMENT_KEYS.includes(key) || key === 'command'
}

/** True for arguments that say something, in whatever form. */
function isSaid(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
}

/** Position of a text within its item. */
function indexOf(value: Value): string {
  const index = value['content_index'] ?? value['summary_index']
  return `:${typeof index === 'number' ? index : 0}`
}

function label(kind: string, group: string, value: Value): string {
  return `${CHANNELS[kind] ?? kind}:${group}${indexOf(value)}`
}

function textId(value: Value, group: string, kind: string): string {
  return `${kind} ${group}${indexOf(value)}`
}

/** Names the token lists that belong to a text. */
function tokensOf(channel: string): string {
  return `logprobs:${channel}`
}

/** One item can hold several commands. */
function callId(kind: string, group: string, value: Value): string {
  const index = value['command_index']
  return kind === 'shell_call_command' && typeof index === 'number' ? `${group}:${index}` : group
}

/** What a call without a text of its own asks for. */
function callText(item: Value): string {
  const { id: _id, type: _type, status: _status, call_id: _call, ...rest } = item
  return JSON.stringify(rest)
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
