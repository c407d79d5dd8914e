/** Finds every string of an answer of the messages API and says to which text it belongs. */
import type { Segment } from '../dialect.ts'
import { isObject } from '../json.ts'
import { jsonHolder } from './tool-input.ts'

/** Collected over one body or frame. */
export interface Walk {
  readonly segments: Segment[]
  /** Position of the block a frame speaks of; null for a body and for frames about the whole message. */
  block: number | null
  members: number
}

/** Members whose names come from the dialect; others are texts of their own. */
const KNOWN_KEYS = new Set(
  (
    'type id role model content stop_reason stop_sequence stop_details usage message index content_block delta error request_id ' +
    'text thinking signature data name input partial_json citations citation cited_text document_index document_title ' +
    'start_char_index end_char_index start_page_number end_page_number start_block_index end_block_index file_id source title url ' +
    'encrypted_content encrypted_index page_age tool_use_id is_error caller container expires_at context_management applied_edits ' +
    'input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens cache_creation ephemeral_5m_input_tokens ' +
    'ephemeral_1h_input_tokens server_tool_use web_search_requests web_fetch_requests service_tier inference_geo ' +
    'output_tokens_details thinking_tokens iterations category explanation speed details'
  ).split(' '),
)

/** Words of the dialect, and names of its events. */
export const WORDS: ReadonlySet<string> = new Set(
  (
    'message assistant text thinking redacted_thinking tool_use server_tool_use end_turn max_tokens stop_sequence pause_turn ' +
    'refusal standard message_start message_delta message_stop content_block_start content_block_delta content_block_stop ping ' +
    'error text_delta input_json_delta thinking_delta signature_delta citations_delta direct'
  ).split(' '),
)

const NOTHING = '{}'

/** A whole message, the size of one, or an error. `seen`: strings that were judged already in this answer. */
export function walkBody(value: Record<string, unknown>, seen: ReadonlySet<string>): Walk {
  const walker = new Walker(seen)
  walker.message(value)
  return walker
}

/** One event of a streamed message. Texts of events that are not known are complete in themselves. */
export function walkEvent(type: string, value: Record<string, unknown>, seen: ReadonlySet<string>): Walk {
  const walker = new Walker(seen)
  walker.event(type, value)
  return walker
}

class Walker implements Walk {
  readonly segments: Segment[] = []
  block: number | null = null
  members = 0
  readonly #seen: ReadonlySet<string>

  constructor(seen: ReadonlySet<string>) {
    this.#seen = seen
  }

  message(message: Record<string, unknown>): void {
    this.#each(message, (key, item) => {
      if (key === 'content' && Array.isArray(item))
        for (const [at, block] of item.entries())
          if (isObject(block)) this.#block(block, at, true)
          else this.#whole(block, item, at)
      else this.#whole(item, message, key)
    })
  }

  event(type: string, event: Record<string, unknown>): void {
    // A client that is given no position takes the first one.
    if (type.startsWith('content_block_')) this.block = Number.isInteger(event['index']) ? Number(event['index']) : 0
    this.#each(event, (key, item) => {
      if (this.block !== null && key === 'content_block' && isObject(item)) this.#block(item, this.block, false)
      else if (this.block !== null && key === 'delta' && isObject(item)) this.#delta(item, this.block)
      else if (type === 'message_start' && key === 'message' && isObject(item)) this.message(item)
      else this.#whole(item, event, key)
    })
  }

  #block(block: Record<string, unknown>, at: number, whole: boolean): void {
    const tool = (block['input'] ?? null) !== null || String(block['type']).endsWith('tool_use')
    // Held even while it brings neither name nor arguments: no part of a call is shown before all of it was judged.
    if (tool) this.#tool(at, '', null)
    this.#each(block, (key, item) => {
      if (tool && key === 'input' && typeof item === 'string') this.#tool(at, item, block, key)
      else if (tool && key === 'input' && typeof item === 'object') this.#input(block, item, at, whole)
      else if (tool && key === 'name' && typeof item === 'string') {
        this.segments.push({ channel: `tool:${at}`, kind: 'tool', text: '', tool: item, holder: null, key: '' })
        this.#whole(item, block, key)
      } else if (!this.#known(block, key, item, at)) this.#whole(item, block, key)
    })
  }

  /** In a stream the arguments begin empty and come in pieces. */
  #input(block: Record<string, unknown>, input: object | null, at: number, whole: boolean): void {
    this.#count(input)
    const text = JSON.stringify(input ?? {})
    if (whole || text !== NOTHING) this.#tool(at, text, jsonHolder(block, 'input'), 'input')
  }

  #delta(delta: Record<string, unknown>, at: number): void {
    this.#each(delta, (key, item) => {
      if (key === 'partial_json' && typeof item === 'string') this.#tool(at, item, delta, key)
      else if (key === 'citation' || key === 'type') this.#whole(item, delta, key)
      else if (!this.#known(delta, key, item, at)) this.#stream(item, key, at, delta, key)
    })
  }

  /** Texts that have a channel in blocks and deltas alike. */
  #known(holder: Record<string, unknown>, key: string, item: unknown, at: number): boolean {
    const name = key === 'text' ? 'content' : key === 'thinking' ? 'reasoning' : key === 'signature' ? key : null
    if (name === null || typeof item !== 'string') return false
    if (item !== '') this.segments.push({ channel: `${name}:${at}`, kind: 'stream', text: item, holder, key })
    return true
  }

  #tool(at: number, text: string, holder: Record<string, unknown> | null, key = ''): void {
    this.segments.push({ channel: `tool:${at}`, kind: 'tool', text, holder, key })
  }

  /** Strings of unknown layout inside a delta: pieces of one text per path. */
  #stream(value: unknown, path: string, at: number, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (value === '') return
      const place = { holder: holder as Record<string, unknown>, key: String(key) }
      this.segments.push({ channel: `${path}:${at}`, kind: 'stream', text: value, ...place })
    } else if (Array.isArray(value))
      for (const [index, item] of value.entries()) this.#stream(item, `${path}/${index}`, at, value, index)
    else if (isObject(value)) this.#each(value, (name, item) => this.#stream(item, `${path}/${name}`, at, value, name))
  }

  /** Strings that are complete in themselves. */
  #whole(value: unknown, holder: object, key: string | number): void {
    if (typeof value === 'string') {
      if (value === '' || WORDS.has(value) || this.#seen.has(value)) return
      const place = { holder: holder as Record<string, unknown>, key: String(key) }
      this.segments.push({ channel: '', kind: 'whole', text: value, ...place })
    } else if (Array.isArray(value)) for (const [at, item] of value.entries()) this.#whole(item, value, at)
    else if (isObject(value)) this.#each(value, (name, item) => this.#whole(item, value, name))
  }

  #count(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#count(item)
    else if (isObject(value))
      for (const key of Object.keys(value)) {
        this.members++
        this.#count(value[key])
      }
  }

  #each(value: Record<string, unknown>, visit: (key: string, item: unknown) => void): void {
    for (const key of Object.keys(value)) {
      this.members++
      if (!KNOWN_KEYS.has(key) && !this.#seen.has(key))
        this.segments.push({ channel: '', kind: 'whole', text: key, holder: null, key: '' })
      visit(key, value[key])
    }
  }
}
