/** Turns a call of the Responses API into units. Source of the layout: OpenAI API reference, "Responses". */
import type { Origin } from '../../contract/index.ts'
import { isObject } from '../json.ts'
import { ROLES } from '../openai/units.ts'
import { type Collected, joinPath, type Layout, UnitCollector } from '../request/collector.ts'
import { readFile, unscannable } from '../request/media.ts'

const LAYOUT: Layout = {
  words: new Set(
    (
      'model input instructions stream tools tool_choice text format schema json_schema json_object name type role content ' +
      'message input_text output_text refusal input_image input_file image_url detail auto low high file_data file_id file_url ' +
      'filename function function_call function_call_output call_id arguments output id status in_progress completed incomplete ' +
      'reasoning summary summary_text reasoning_text encrypted_content effort medium minimal annotations logprobs item_reference ' +
      'description parameters properties required items enum strict additionalProperties anyOf oneOf allOf string number integer ' +
      'object array boolean null none required user assistant system developer metadata temperature top_p max_output_tokens ' +
      'parallel_tool_calls previous_response_id conversation store truncation include service_tier prompt variables version ' +
      'custom custom_tool_call custom_tool_call_output background max_tool_calls top_logprobs prompt_cache_key safety_identifier ' +
      'stream_options include_obfuscation default minimum maximum title verbosity disabled'
    ).split(' '),
  ),
  ids: new Set(['id', 'call_id', 'item_id', 'name', 'type', 'role', 'status', 'previous_response_id', 'conversation']),
  conversation: path => path === '/input' || path.startsWith('/input/'),
  media: path => /\/(?:image_url|input_audio\/data|result)$/.test(path),
}

export function collectUnits(body: Readonly<Record<string, unknown>>): Collected {
  const collector = new ResponsesCollector(LAYOUT)
  collector.call(body)
  return collector.finish()
}

/** Origins of items that are no messages. */
const ITEM_ORIGINS: Readonly<Record<string, Origin>> = {
  reasoning: 'assistant',
  compaction: 'assistant',
  mcp_list_tools: 'tool_result',
  mcp_approval_request: 'tool_call',
  additional_tools: 'developer',
  configuration_update: 'developer',
}

/** Members of a call's item in which its result stands beside it. */
const RESULT_KEYS = new Set(['output', 'outputs', 'results', 'result'])

class ResponsesCollector extends UnitCollector {
  call(body: Readonly<Record<string, unknown>>): void {
    this.each(body, (key, value, holder) => {
      const path = joinPath('', key)
      if (key === 'input' && Array.isArray(value)) {
        for (const [at, item] of value.entries()) this.#item(item, `${path}/${at}`, value, at)
      } else if (key === 'tools' || key === 'text') this.schema(value, path, holder, key)
      else this.#value(value, path, key === 'instructions' ? 'system' : 'user', holder, key)
    })
  }

  #item(item: unknown, path: string, list: unknown[], at: number): void {
    if (!isObject(item) || isFile(item)) {
      this.#value(item, path, 'user', list, at)
      return
    }
    const origin = originOf(item)
    const tool = this.#toolOf(item, origin)
    this.each(item, (key, value, holder) => {
      const result = origin === 'tool_call' && RESULT_KEYS.has(key)
      this.#value(value, joinPath(path, key), result ? 'tool_result' : origin, holder, key, tool)
    })
  }

  #toolOf(item: Readonly<Record<string, unknown>>, origin: Origin): string | undefined {
    const { type, name, call_id: id } = item
    if (origin === 'tool_result') return typeof id === 'string' ? this.tools.get(id) : undefined
    if (origin !== 'tool_call') return undefined
    const tool = typeof name === 'string' ? name : String(type).replace(/_call$/, '')
    if (typeof id === 'string') this.tools.set(id, tool)
    return tool
  }

  /** As `any`, with an eye for files, which can stand in messages, results and variables. */
  #value(value: unknown, path: string, origin: Origin, holder: object, key: string | number, tool?: string): void {
    if (Array.isArray(value))
      for (const [at, item] of value.entries()) this.#value(item, `${path}/${at}`, origin, value, at, tool)
    else if (!isObject(value)) this.any(value, path, origin, holder, key, tool)
    else if (isFile(value)) this.#file(value, path, origin)
    else this.each(value, (name, item, owner) => this.#value(item, joinPath(path, name), origin, owner, name, tool))
  }

  /** A file is read when it comes along; what only the provider can fetch was seen by nobody. */
  #file(part: Record<string, unknown>, path: string, origin: Origin): void {
    this.each(part, (key, value, holder) => {
      const here = joinPath(path, key)
      if (key === 'file_data' && typeof value === 'string') this.#fileData(value, here, part)
      else if ((key === 'file_id' || key === 'file_url') && value !== null) throw unscannable(here)
      else this.any(value, here, origin, holder, key)
    })
  }

  #fileData(value: string, path: string, part: Record<string, unknown>): void {
    const file = readFile(value, path)
    if (file === null) {
      this.media(value, path, 'file', part, 'file_data')
      return
    }
    const place = {
      set text(text: string) {
        part['file_data'] = file.encode(text)
      },
    }
    this.add('file', path, file.text, { holder: place, key: 'text' })
  }
}

function isFile(value: Readonly<Record<string, unknown>>): boolean {
  return value['type'] === 'input_file'
}

function originOf({ type, role }: Readonly<Record<string, unknown>>): Origin {
  if (typeof type !== 'string' || type === 'message') return ROLES[String(role)] ?? 'user'
  if (type.endsWith('_output')) return 'tool_result'
  if (type.endsWith('_call')) return 'tool_call'
  return ITEM_ORIGINS[type] ?? 'user'
}
