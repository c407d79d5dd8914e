/** Turns a call of the messages API into units. */
import type { Origin } from '../../contract/index.ts'
import { isObject } from '../json.ts'
import { type Collected, joinPath, type Layout, siteOf, UnitCollector } from '../request/collector.ts'
import { unscannable } from '../request/media.ts'
import { jsonHolder } from './tool-input.ts'

const ROLES: Readonly<Record<string, Origin>> = { system: 'system', user: 'user', assistant: 'assistant' }

const LAYOUT: Layout = {
  words: new Set(
    (
      'messages role content name type text system user assistant tools tool_choice auto any none tool disable_parallel_tool_use ' +
      'input_schema description properties required items enum anyOf oneOf allOf string number integer object array boolean null ' +
      'additionalProperties minimum maximum default format title model stream max_tokens temperature top_p top_k stop_sequences ' +
      'metadata user_id service_tier standard_only thinking enabled disabled adaptive budget_tokens redacted_thinking signature ' +
      'data image document source base64 url media_type file file_id image/png image/jpeg image/gif image/webp text/plain ' +
      'cache_control ephemeral ttl 5m 1h tool_use id input tool_result tool_use_id is_error search_result citations cited_text ' +
      'context context_management edits mcp_servers container betas output_config effort low medium high strict ' +
      'document_title document_index start_char_index end_char_index server_tool_use caller direct display'
    ).split(' '),
  ),
  ids: new Set(['id', 'tool_use_id', 'name', 'type', 'role', 'media_type']),
  conversation: path => path.startsWith('/messages/'),
  media: () => false,
}

/** A picture's address up to this length is a unit as it stands. */
const SHORT_PICTURE = 4096
const PICTURE_TYPE = /^image\/[a-z0-9.+-]{1,40}$/

export function collectUnits(body: Readonly<Record<string, unknown>>): Collected {
  const messages = new MessagesCollector(LAYOUT)
  messages.call(body)
  return messages.finish()
}

/** Where a value stands, and what to say about the texts in it. */
interface Place {
  readonly path: string
  readonly holder: object
  readonly key: string | number
  readonly origin: Origin
  readonly tool?: string | undefined
}

class MessagesCollector extends UnitCollector {
  call(body: Readonly<Record<string, unknown>>): void {
    this.each(body, (key, value, holder) => {
      const path = joinPath('', key)
      if (key === 'messages' && Array.isArray(value))
        for (const [at, message] of value.entries()) this.#message(message, `${path}/${at}`, value, at)
      else if (key === 'tools') this.schema(value, path, holder, key)
      else if (key === 'system') this.#content(value, { path, holder, key, origin: 'system' })
      else this.any(value, path, 'user', holder, key)
    })
  }

  #message(message: unknown, path: string, list: unknown[], at: number): void {
    if (!isObject(message)) {
      this.any(message, path, 'user', list, at)
      return
    }
    const origin = ROLES[String(message['role'])] ?? 'user'
    this.each(message, (key, value, holder) => {
      const place = { path: joinPath(path, key), holder, key, origin }
      if (key === 'content') this.#content(value, place)
      else this.#rest(value, place)
    })
  }

  /** A string, one block, or a list of blocks. */
  #content(value: unknown, place: Place): void {
    if (Array.isArray(value))
      for (const [at, block] of value.entries())
        this.#content(block, { ...place, path: `${place.path}/${at}`, holder: value, key: at })
    else if (isObject(value)) this.#block(value, place)
    else this.#rest(value, place)
  }

  #block(block: Record<string, unknown>, place: Place): void {
    const type = String(block['type'])
    const inside = this.#inside(block, type, place)
    const file = fileOf(block)
    if (file !== null) throw unscannable(joinPath(place.path, file))
    this.each(block, (key, value, holder) => {
      const here = { ...inside, path: joinPath(place.path, key), holder, key }
      if (key === 'input' && inside.origin === 'tool_call') this.#input(value, block, here)
      else if (key === 'content') this.#content(value, here)
      else if (key === 'source' && isObject(value)) this.#source(value, type, here)
      else this.#rest(value, here)
    })
  }

  /** What a block says about the texts in it. */
  #inside(block: Readonly<Record<string, unknown>>, type: string, place: Place): Place {
    const { id, name, tool_use_id: of } = block
    if (type.endsWith('tool_use') || (block['input'] ?? null) !== null) {
      const tool = typeof name === 'string' ? name : undefined
      if (typeof id === 'string' && tool !== undefined) this.tools.set(id, tool)
      return { ...place, origin: 'tool_call', tool }
    }
    if (typeof of === 'string' || type.endsWith('tool_result')) {
      const origin = type.startsWith('web_') ? 'web' : 'tool_result'
      return { ...place, origin, tool: this.tools.get(String(of)) }
    }
    // Documents and search results inside a tool's result are that tool's word.
    if (place.origin === 'tool_result' || place.origin === 'web') return place
    if (type === 'document') return { ...place, origin: 'file' }
    return type === 'search_result' ? { ...place, origin: 'web' } : place
  }

  /** Arguments of a tool are judged as the JSON text they are, like those of other dialects. */
  #input(input: unknown, block: Record<string, unknown>, place: Place): void {
    if (typeof input !== 'object' || input === null) {
      this.#rest(input, place)
      return
    }
    this.#count(input)
    this.add('tool_call', place.path, JSON.stringify(input), siteOf(jsonHolder(block, 'input'), 'input'), place.tool)
  }

  #count(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#count(item)
    else if (isObject(value)) this.each(value, (_key, item) => this.#count(item))
  }

  /** Texts and addresses of pictures are scanned, pictures pass; files, and what only the provider can fetch, are refused. */
  #source(source: Record<string, unknown>, block: string, place: Place): void {
    const { type, media_type: media, data } = source
    const picture = block === 'image' && type === 'base64' && typeof media === 'string' && PICTURE_TYPE.test(media)
    const known = picture || type === 'text' || type === 'content' || (block === 'image' && type === 'url')
    if (!known) throw unscannable(place.path)
    this.each(source, (key, value, holder) => {
      const here = { ...place, path: joinPath(place.path, key), holder, key }
      if (key === 'content') this.#content(value, here)
      else if (picture && key === 'data' && typeof data === 'string')
        this.#picture(`data:${media};base64,${data}`, here)
      else this.#rest(value, here)
    })
  }

  #picture(address: string, place: Place): void {
    const { path, origin, holder, key } = place
    if (address.length <= SHORT_PICTURE) this.#rest((holder as Record<string, unknown>)[key], place)
    else this.media(address, path, origin, holder, key)
  }

  #rest(value: unknown, { path, origin, holder, key, tool }: Place): void {
    this.any(value, path, origin, holder, key, tool)
  }
}

/** The member by which a block names a file that lies at the provider: nobody here can read it. */
function fileOf(block: Readonly<Record<string, unknown>>): string | null {
  return 'file_id' in block ? 'file_id' : null
}
