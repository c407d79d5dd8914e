/** Finds every string of an answer and says to which text it belongs. */
import type { Segment, Usage } from '../dialect.ts'
import { isObject } from '../json.ts'

/** Collected over one body or frame. */
export interface Walk {
  readonly segments: Segment[]
  readonly completed: string[]
  members: number
  usage: Usage | null
  /** Indexes of choices that spoke, and of those that ended. */
  readonly open: Set<number>
  readonly ended: Set<number>
  readonly calls: ToolCalls
}

/** The tool call that is open at each place of an answer, kept from frame to frame. */
export type ToolCalls = Map<string, { id: string | null; turn: number }>

/** Members whose names come from the dialect; others are texts of their own. */
const KNOWN_KEYS = new Set(
  (
    'id object created model choices index delta message finish_reason logprobs role content refusal reasoning_content reasoning ' +
    'tool_calls function_call function custom name arguments input type usage system_fingerprint service_tier error code param ' +
    'prompt_tokens completion_tokens total_tokens prompt_tokens_details completion_tokens_details cached_tokens audio_tokens ' +
    'reasoning_tokens accepted_prediction_tokens rejected_prediction_tokens token bytes logprob top_logprobs annotations ' +
    'obfuscation provider native_finish_reason reasoning_details text format audio transcript data expires_at'
  ).split(' '),
)

const WORDS = new Set(
  'assistant function custom stop length tool_calls content_filter function_call chat.completion chat.completion.chunk default'.split(
    ' ',
  ),
)

/** Members that hold a word, not a piece of a longer text, even inside a delta. */
const WORD_KEYS = new Set(['id', 'type', 'role', 'object', 'format', 'status', 'finish_reason', 'native_finish_reason'])

/** `seen`: strings that were judged already in this answer, such as its id. */
export function walkAnswer(value: Record<string, unknown>, seen: ReadonlySet<string>, calls: ToolCalls): Walk {
  const walk: Walk = { segments: [], completed: [], members: 0, usage: null, open: new Set(), ended: new Set(), calls }
  each(walk, seen, value, (key, item) => {
    if (key === 'choices' && Array.isArray(item)) {
      for (const [at, choice] of item.entries())
        if (isObject(choice)) walkChoice(walk, seen, choice, typeof choice['index'] === 'number' ? choice['index'] : at)
        else walkWhole(walk, seen, choice, item, at)
    } else {
      if (key === 'usage') walk.usage = readUsage(item)
      walkWhole(walk, seen, item, value, key)
    }
  })
  return walk
}

function walkChoice(walk: Walk, seen: ReadonlySet<string>, choice: Record<string, unknown>, index: number): void {
  walk.open.add(index)
  each(walk, seen, choice, (key, item) => {
    if ((key === 'delta' || key === 'message') && isObject(item)) walkMessage(walk, seen, item, index)
    else if (key === 'logprobs' && isObject(item)) walkLogprobs(walk, choice, item, index)
    else walkStream(walk, seen, item, key, index, choice, key)
  })
  const finish = choice['finish_reason']
  if (typeof finish === 'string' && finish !== '') walk.ended.add(index)
}

/** A delta and a message have the same members: pieces of texts in the one, whole texts in the other. */
function walkMessage(walk: Walk, seen: ReadonlySet<string>, message: Record<string, unknown>, index: number): void {
  each(walk, seen, message, (key, item) => {
    if (typeof item === 'string' && key === 'content') stream(walk, `content:${index}`, item, message, key)
    else if (typeof item === 'string' && key === 'refusal') stream(walk, `refusal:${index}`, item, message, key)
    else if (typeof item === 'string' && key === 'reasoning_content')
      stream(walk, `reasoning:${index}`, item, message, key)
    else if (key === 'tool_calls' && Array.isArray(item)) {
      for (const [at, call] of item.entries()) walkToolCall(walk, seen, call, index, at, item)
    } else if (key === 'function_call' && isObject(item)) walkFunction(walk, seen, item, `tool:${index}:function`)
    else walkStream(walk, seen, item, key, index, message, key)
  })
}

function walkToolCall(
  walk: Walk,
  seen: ReadonlySet<string>,
  call: unknown,
  choice: number,
  at: number,
  list: readonly unknown[],
): void {
  if (!isObject(call)) {
    walkWhole(walk, seen, call, list, at)
    return
  }
  const place = `tool:${choice}:${typeof call['index'] === 'number' ? call['index'] : at}`
  const { channel, after } = channelOf(walk, place, call['id'])
  // Held even while it brings neither name nor arguments: no part of a call is shown before all of it was judged.
  walk.segments.push({ channel, kind: 'tool', text: '', holder: null, key: '', ...(after === null ? {} : { after }) })
  each(walk, seen, call, (key, item) => {
    if ((key === 'function' || key === 'custom') && isObject(item)) walkFunction(walk, seen, item, channel)
    else walkWhole(walk, seen, item, call, key)
  })
}

/** Some providers send all calls of an answer under the same number: another id begins another call. */
function channelOf(walk: Walk, place: string, id: unknown): { channel: string; after: string | null } {
  const named = typeof id === 'string' && id !== '' ? id : null
  const known = walk.calls.get(place)
  if (!known) {
    walk.calls.set(place, { id: named, turn: 0 })
    return { channel: place, after: null }
  }
  const before = known.turn === 0 ? place : `${place}#${known.turn}`
  if (named === null || named === known.id || known.id === null) {
    known.id ??= named
    return { channel: before, after: null }
  }
  known.id = named
  known.turn++
  return { channel: `${place}#${known.turn}`, after: before }
}

function walkFunction(walk: Walk, seen: ReadonlySet<string>, call: Record<string, unknown>, channel: string): void {
  each(walk, seen, call, (key, item) => {
    if ((key === 'arguments' || key === 'input') && typeof item === 'string')
      walk.segments.push({ channel, kind: 'tool', text: item, holder: call, key })
    else if (key === 'name' && typeof item === 'string') {
      walk.segments.push({ channel, kind: 'tool', text: '', tool: item, holder: null, key: '' })
      walkWhole(walk, seen, item, call, key)
    }
    // Arguments that are a value instead of a string are judged as the string they mean.
    else if ((key === 'arguments' || key === 'input') && typeof item === 'object' && item !== null) {
      walk.segments.push({ channel, kind: 'tool', text: JSON.stringify(item), holder: call, key })
      countMembers(walk, item)
    } else walkWhole(walk, seen, item, call, key)
  })
}

/**
 * Token texts repeat the content, so what is cut there must go here too: the whole member, as it means nothing in part. Each
 * way to read the lists is a text of its own: the tokens, what their bytes spell, the alternatives by rank, all other strings.
 */
function walkLogprobs(
  walk: Walk,
  choice: Record<string, unknown>,
  logprobs: Record<string, unknown>,
  index: number,
): void {
  countMembers(walk, logprobs)
  for (const [name, text] of readTokenTexts(logprobs))
    walk.segments.push({
      channel: `logprobs:${index}${name}`,
      kind: 'stream',
      text,
      holder: choice,
      key: 'logprobs',
      drop: true,
    })
}

/** What a token list says: the tokens in a row, and whatever else stands in it, by name. */
export function readTokenTexts(logprobs: unknown): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  readLogprobs(logprobs, '', (name, text) => {
    if (text !== '') texts.set(name, (texts.get(name) ?? '') + text)
  })
  return texts
}

function readLogprobs(value: unknown, name: string, add: (name: string, text: string) => void): void {
  if (typeof value === 'string') add(name, value)
  else if (Array.isArray(value))
    for (const [rank, item] of value.entries()) readLogprobs(item, name.endsWith(':top') ? `${name}${rank}` : name, add)
  else if (isObject(value))
    for (const key of Object.keys(value)) {
      const item = value[key]
      if (key === 'bytes' && Array.isArray(item)) add(`${name}:bytes`, spell(item, value['token']))
      else if (key === 'top_logprobs') readLogprobs(item, `${name}:top`, add)
      else if (key === 'content' || key === 'refusal' || key === 'token') readLogprobs(item, name, add)
      else {
        if (!KNOWN_KEYS.has(key)) add(`${name}:keys`, key)
        readLogprobs(item, `${name}/${key}`, add)
      }
    }
}

/** What bytes say when it is not just their token again. A token may be part of a character, so both can be needed. */
function spell(bytes: readonly unknown[], token: unknown): string {
  const text = Buffer.from(bytes.filter(byte => typeof byte === 'number')).toString('utf8')
  return text === token ? '' : text
}

function countMembers(walk: Walk, value: unknown): void {
  if (Array.isArray(value)) for (const item of value) countMembers(walk, item)
  else if (isObject(value))
    for (const key of Object.keys(value)) {
      walk.members++
      countMembers(walk, value[key])
    }
}

function stream(walk: Walk, channel: string, text: string, holder: Record<string, unknown>, key: string): void {
  if (text !== '') walk.segments.push({ channel, kind: 'stream', text, holder, key })
}

/** Strings of unknown layout inside a choice: pieces of one text per path. */
function walkStream(
  walk: Walk,
  seen: ReadonlySet<string>,
  value: unknown,
  path: string,
  index: number,
  holder: object,
  key: string | number,
): void {
  if (typeof value === 'string') {
    if (WORD_KEYS.has(String(key))) walkWhole(walk, seen, value, holder, key)
    else stream(walk, `${path}:${index}`, value, holder as Record<string, unknown>, String(key))
  } else if (Array.isArray(value))
    // Without positions in the path: pieces of one text may come at a different one in each frame.
    for (const [at, item] of value.entries()) walkStream(walk, seen, item, path, index, value, at)
  else if (isObject(value))
    each(walk, seen, value, (name, item) => walkStream(walk, seen, item, `${path}/${name}`, index, value, name))
}

/** Strings that are complete in themselves. */
function walkWhole(walk: Walk, seen: ReadonlySet<string>, value: unknown, holder: object, key: string | number): void {
  if (typeof value === 'string') {
    if (value !== '' && !WORDS.has(value) && !seen.has(value))
      walk.segments.push({
        channel: '',
        kind: 'whole',
        text: value,
        holder: holder as Record<string, unknown>,
        key: String(key),
      })
  } else if (Array.isArray(value)) for (const [at, item] of value.entries()) walkWhole(walk, seen, item, value, at)
  else if (isObject(value)) each(walk, seen, value, (name, item) => walkWhole(walk, seen, item, value, name))
}

function each(
  walk: Walk,
  seen: ReadonlySet<string>,
  value: Record<string, unknown>,
  visit: (key: string, item: unknown) => void,
): void {
  for (const key of Object.keys(value)) {
    walk.members++
    if (!KNOWN_KEYS.has(key) && !seen.has(key))
      walk.segments.push({ channel: '', kind: 'whole', text: key, holder: null, key: '' })
    visit(key, value[key])
  }
}

function readUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const { prompt_tokens: input, completion_tokens: output } = value
  const known = Number.isSafeInteger(input) && (input as number) >= 0
  if (!known) return null
  return {
    input: input as number,
    output: Number.isSafeInteger(output) && (output as number) >= 0 ? (output as number) : 0,
  }
}
