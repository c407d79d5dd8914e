/** The words of the Responses API that the model path has to know. Source: OpenAI API reference, "Streaming events". */

/** Channels by the kind of text that an event brings. Kinds that are not listed have their own names. */
export const CHANNELS: Readonly<Record<string, string>> = {
  output_text: 'content',
  refusal: 'refusal',
  reasoning_text: 'reasoning',
  reasoning_summary_text: 'summary',
}

/** Kinds of text by the type of the part that holds one. */
export const PART_KINDS: Readonly<Record<string, string>> = {
  output_text: 'output_text',
  text: 'output_text',
  refusal: 'refusal',
  reasoning_text: 'reasoning_text',
  summary_text: 'reasoning_summary_text',
}

/** Events whose pieces belong to a call that somebody will carry out. */
export const CALL_KINDS: ReadonlySet<string> = new Set([
  'function_call_arguments',
  'custom_tool_call_input',
  'mcp_call_arguments',
  'shell_call_command',
])

/** Calls that the provider carries out by itself; nobody has to be kept from carrying them out. */
const SERVED: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
])

/** True for items that ask somebody to do something, by their type or by what they carry. They are held until they are judged. */
export function isCall(item: Readonly<Record<string, unknown>>): boolean {
  const { type } = item
  if (SERVED.has(type)) return false
  return /_(?:call|request)$|^program$/.test(String(type)) || 'arguments' in item || 'action' in item
}

/** The member that holds the text of a call, by type of its item or kind of its event. */
export function argumentKey(type: string): string {
  if (type.startsWith('custom_tool_call')) return 'input'
  return type === 'shell_call_command' ? 'command' : 'arguments'
}

/** Events that end the answer. */
export const ENDINGS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
])

/** Names of members, which need no look as they come with every frame; others are texts of their own. */
export const KNOWN_KEYS: ReadonlySet<string> = new Set(
  (
    'type sequence_number response item item_id output_index content_index summary_index part delta text logprobs obfuscation ' +
    'arguments input refusal annotation annotation_index id object created_at completed_at status error code message param ' +
    'incomplete_details reason instructions max_output_tokens max_tool_calls model output parallel_tool_calls ' +
    'previous_response_id reasoning effort summary encrypted_content store temperature format verbosity tool_choice tools ' +
    'top_logprobs top_p truncation usage input_tokens input_tokens_details cached_tokens output_tokens output_tokens_details ' +
    'reasoning_tokens total_tokens user metadata background service_tier prompt_cache_key safety_identifier role content ' +
    'annotations name call_id action query queries url title start_index end_index token bytes logprob description parameters ' +
    'properties required strict schema items enum additionalProperties prompt prompt_cache_retention presence_penalty ' +
    'frequency_penalty phase conversation billing payer output_text'
  ).split(' '),
)

/** Values that say nothing but the state of things. */
export const WORDS: ReadonlySet<string> = new Set(
  (
    'response in_progress completed incomplete failed queued message assistant output_text refusal reasoning summary_text ' +
    'reasoning_text function_call custom_tool_call auto none required disabled default text function object string medium low ' +
    'high user developer system'
  ).split(' '),
)
