/** Turns a chat completion call into units: every string of the body, with where it came from. */
import { GatewayError, type Origin, type Unit } from '../../contract/index.ts'
import { isObject } from '../json.ts'
import { readMedia } from './media.ts'

/** Where a unit's text stands in the parsed body; null when it has no single place that could be rewritten. */
export type Site = { readonly holder: Record<string, unknown>; readonly key: string } | null

export interface Collected {
  readonly units: readonly Unit[]
  /** Parallel to `units`. */
  readonly sites: readonly Site[]
  /** Members of all objects, for comparison with the text. */
  readonly members: number
  readonly unscannedBytes: number
}

/** Path of the unit that joins names, ids and numbers. */
export const NAMES_PATH = '/#names'

const ROLES: Readonly<Record<string, Origin>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool_result',
  function: 'tool_result',
}

/** Words of the dialect itself. They say nothing of the caller's, so they are not worth a unit. */
const WORDS = new Set(
  (
    'messages role content name type text image_url url detail auto low high input_audio data format file file_data file_id ' +
    'filename tool_calls tool_call_id id index function arguments function_call refusal reasoning_content reasoning tools ' +
    'functions description parameters properties required items enum strict additionalProperties anyOf oneOf allOf string ' +
    'number integer object array boolean null response_format json_schema json_object schema tool_choice none prediction user ' +
    'metadata stop model stream stream_options include_usage temperature top_p n max_tokens max_completion_tokens seed ' +
    'presence_penalty frequency_penalty logit_bias logprobs top_logprobs parallel_tool_calls reasoning_effort service_tier store ' +
    'modalities audio system developer assistant tool default minimum maximum title medium minimal prompt_cache_key verbosity'
  ).split(' '),
)

const ID_KEYS = new Set(['id', 'tool_call_id', 'name', 'type', 'role'])
/** In schemas, strings up to this length are names rather than prose. */
const NAME_CHARS = 24
/** Shorter numbers cannot hold an account or card number. */
const LONG_NUMBER = 1e8

/** Units of the conversation come last, its newest text at the very end: what a judge takes for the new part of the call. */
export function collectUnits(body: Readonly<Record<string, unknown>>): Collected {
  const collector = new Collector()
  collector.call(body)
  return collector.finish()
}

interface Found {
  readonly unit: Omit<Unit, 'id'>
  readonly site: Site
}

class Collector {
  readonly #settings: Found[] = []
  readonly #conversation: Found[] = []
  readonly #names = new Set<string>()
  /** Tool names by the id of the call, to name the results. */
  readonly #tools = new Map<string, string>()
  #members = 0
  #unscanned = 0

  call(body: Readonly<Record<string, unknown>>): void {
    this.#each(body, (key, value, holder) => {
      const path = `/${escapePointer(key)}`
      if (key === 'messages' && Array.isArray(value)) {
        for (const [at, message] of value.entries()) this.#message(message, `${path}/${at}`, value, at)
      } else if (key === 'tools' || key === 'functions' || key === 'response_format')
        this.#schema(value, path, holder, key)
      else this.#any(value, path, 'user', holder, key)
    })
  }

  finish(): Collected {
    if (this.#names.size > 0) this.#add('user', NAMES_PATH, [...this.#names].join('\n'), null)
    const found = [...this.#settings, ...this.#conversation]
    return {
      units: found.map(({ unit }, id) => ({ id, ...unit })),
      sites: found.map(({ site }) => site),
      members: this.#members,
      unscannedBytes: this.#unscanned,
    }
  }

  #message(message: unknown, path: string, list: unknown[], at: number): void {
    if (!isObject(message)) {
      this.#any(message, path, 'user', list, at)
      return
    }
    const origin = ROLES[String(message['role'])] ?? 'user'
    const tool = origin === 'tool_result' ? this.#toolOf(message) : undefined
    this.#each(message, (key, value, holder) => {
      const here = `${path}/${escapePointer(key)}`
      if (key === 'tool_calls' && Array.isArray(value)) {
        for (const [index, item] of value.entries()) this.#toolCall(item, `${here}/${index}`, value, index)
      } else if (key === 'function_call') this.#toolCall(value, here, holder, key)
      else if (ID_KEYS.has(key) && typeof value === 'string') this.#name(value)
      else this.#any(value, here, origin, holder, key, tool)
    })
  }

  #toolOf(message: Readonly<Record<string, unknown>>): string | undefined {
    const { name, tool_call_id: id } = message
    if (typeof name === 'string') return name
    return typeof id === 'string' ? this.#tools.get(id) : undefined
  }

  #toolCall(call: unknown, path: string, holder: object, key: string | number): void {
    const inner = isObject(call) ? (call['function'] ?? call['custom'] ?? call) : call
    const name = isObject(inner) && typeof inner['name'] === 'string' ? inner['name'] : undefined
    if (isObject(call) && typeof call['id'] === 'string' && name !== undefined) this.#tools.set(call['id'], name)
    this.#any(call, path, 'tool_call', holder, key, name)
  }

  /** Tools and answer formats: prose becomes units, names are joined. */
  #schema(value: unknown, path: string, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (value.length <= NAME_CHARS) this.#name(value)
      else this.#add('developer', path, value, siteOf(holder, key))
    } else if (typeof value === 'number') this.#number(value)
    else if (Array.isArray(value))
      for (const [at, item] of value.entries()) this.#schema(item, `${path}/${at}`, value, at)
    else if (isObject(value))
      this.#each(value, (name, item, owner) => this.#schema(item, `${path}/${escapePointer(name)}`, owner, name))
  }

  #any(value: unknown, path: string, origin: Origin, holder: object, key: string | number, tool?: string): void {
    if (typeof value === 'string') this.#string(value, path, origin, holder, key, tool)
    else if (typeof value === 'number') this.#number(value)
    else if (Array.isArray(value))
      for (const [at, item] of value.entries()) this.#any(item, `${path}/${at}`, origin, value, at, tool)
    else if (isObject(value))
      this.#each(value, (name, item, owner) =>
        this.#any(item, `${path}/${escapePointer(name)}`, origin, owner, name, tool),
      )
  }

  #string(text: string, path: string, origin: Origin, holder: object, key: string | number, tool?: string): void {
    if (text === '') return
    if (ID_KEYS.has(String(key)) && text.length <= 128) this.#name(text)
    else if (isMediaPath(path)) this.#media(text, path, origin, holder, key)
    else this.#add(origin, path, text, siteOf(holder, key), tool)
  }

  #media(text: string, path: string, origin: Origin, holder: object, key: string | number): void {
    const media = readMedia(text, path)
    if (media.kind === 'picture') this.#unscanned += media.unscanned
    this.#add(
      media.kind === 'decoded' ? 'file' : origin,
      path,
      media.text,
      media.kind === 'text' ? siteOf(holder, key) : null,
    )
  }

  #name(text: string): void {
    if (text !== '' && !WORDS.has(text)) this.#names.add(text)
  }

  #number(value: number): void {
    if (value >= LONG_NUMBER || value <= -LONG_NUMBER) this.#names.add(String(value))
  }

  #each(value: Readonly<Record<string, unknown>>, visit: (key: string, value: unknown, holder: object) => void): void {
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw new GatewayError('GW_BODY', { detail: 'A member may not be named "__proto__".' })
      this.#members++
      this.#name(key)
      visit(key, value[key], value)
    }
  }

  #add(origin: Origin, path: string, text: string, site: Site, tool?: string): void {
    const unit = { origin, direction: 'inbound' as const, path, text, ...(tool === undefined ? {} : { tool }) }
    const list = path.startsWith('/messages/') ? this.#conversation : this.#settings
    list.push({ unit, site })
  }
}

/** Parts whose content is a file or an address rather than prose. */
function isMediaPath(path: string): boolean {
  return /\/(?:image_url|video_url|input_audio|audio|file|input_file|input_image)(?:\/[^/]+)?$/.test(path)
}

function siteOf(holder: object, key: string | number): Site {
  return { holder: holder as Record<string, unknown>, key: String(key) }
}

function escapePointer(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}
