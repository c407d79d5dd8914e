/** Turns a chat completion call into units. */
import type { Origin } from '../../contract/index.ts'
import { isObject } from '../json.ts'
import { type Collected, joinPath, type Layout, UnitCollector } from '../request/collector.ts'

/** Origins of the roles of this vendor's dialects. */
export const ROLES: Readonly<Record<string, Origin>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool_result',
  function: 'tool_result',
}

const LAYOUT: Layout = {
  words: new Set(
    (
      'messages role content name type text image_url url detail auto low high input_audio data format file file_data file_id ' +
      'filename tool_calls tool_call_id id index function arguments function_call refusal reasoning_content reasoning tools ' +
      'functions description parameters properties required items enum strict additionalProperties anyOf oneOf allOf string ' +
      'number integer object array boolean null response_format json_schema json_object schema tool_choice none prediction user ' +
      'metadata stop model stream stream_options include_usage temperature top_p n max_tokens max_completion_tokens seed ' +
      'presence_penalty frequency_penalty logit_bias logprobs top_logprobs parallel_tool_calls reasoning_effort service_tier ' +
      'store modalities audio system developer assistant tool default minimum maximum title medium minimal prompt_cache_key ' +
      'verbosity'
    ).split(' '),
  ),
  ids: new Set(['id', 'tool_call_id', 'name', 'type', 'role']),
  conversation: path => path.startsWith('/messages/'),
  media: path => /\/(?:image_url|video_url|input_audio|audio|file|input_file|input_image)(?:\/[^/]+)?$/.test(path),
}

export function collectUnits(body: Readonly<Record<string, unknown>>): Collected {
  const chat = new ChatCollector(LAYOUT)
  chat.call(body)
  return chat.finish()
}

class ChatCollector extends UnitCollector {
  call(body: Readonly<Record<string, unknown>>): void {
    this.each(body, (key, value, holder) => {
      const path = joinPath('', key)
      if (key === 'messages' && Array.isArray(value)) {
        for (const [at, message] of value.entries()) this.#message(message, `${path}/${at}`, value, at)
      } else if (key === 'tools' || key === 'functions' || key === 'response_format')
        this.schema(value, path, holder, key)
      else this.any(value, path, 'user', holder, key)
    })
  }

  #message(message: unknown, path: string, list: unknown[], at: number): void {
    if (!isObject(message)) {
      this.any(message, path, 'user', list, at)
      return
    }
    const origin = ROLES[String(message['role'])] ?? 'user'
    const tool = origin === 'tool_result' ? this.#toolOf(message) : undefined
    this.each(message, (key, value, holder) => {
      const here = joinPath(path, key)
      if (key === 'tool_calls' && Array.isArray(value)) {
        for (const [index, item] of value.entries()) this.#toolCall(item, `${here}/${index}`, value, index)
      } else if (key === 'function_call') this.#toolCall(value, here, holder, key)
      else if (LAYOUT.ids.has(key) && typeof value === 'string') this.name(value)
      else this.any(value, here, origin, holder, key, tool)
    })
  }

  #toolOf(message: Readonly<Record<string, unknown>>): string | undefined {
    const { name, tool_call_id: id } = message
    if (typeof name === 'string') return name
    return typeof id === 'string' ? this.tools.get(id) : undefined
  }

  #toolCall(call: unknown, path: string, holder: object, key: string | number): void {
    const inner = isObject(call) ? (call['function'] ?? call['custom'] ?? call) : call
    const name = isObject(inner) && typeof inner['name'] === 'string' ? inner['name'] : undefined
    if (isObject(call) && typeof call['id'] === 'string' && name !== undefined) this.tools.set(call['id'], name)
    this.any(call, path, 'tool_call', holder, key, name)
  }
}
