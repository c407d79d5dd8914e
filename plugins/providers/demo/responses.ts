/** The demo model behind OpenAI's Responses API. Source of the shapes: OpenAI API reference, "Responses" and "Streaming events". */
import { randomBytes } from 'node:crypto'
import type { DemoReply } from './compose.ts'
import { type DemoCall, type DemoProblem, type DemoTool, estimateTokens, isRecord } from './read.ts'

type Members = Readonly<Record<string, unknown>>

/** Arguments stream in pieces of this many characters, as providers do. */
const ARGUMENT_PIECE = 12

/* ---------------------------------------------------------------- the call */

interface Item {
  readonly role: string
  readonly result: string | null
  readonly text: string
}

export function readResponsesCall(body: Members): DemoCall | DemoProblem {
  const items = readItems(body['input'])
  if (items === null) return { problem: "'input' must be a text or a non-empty list of items.", param: 'input' }
  for (const param of ['previous_response_id', 'conversation', 'background'])
    if (body[param] !== undefined && body[param] !== null && body[param] !== false)
      return { problem: `The demo model keeps nothing between calls: leave '${param}' out.`, param }
  const { tool_choice: choice, max_output_tokens: limit, instructions } = body
  const last = items.at(-1) as Item
  return {
    stream: body['stream'] === true,
    includeUsage: true,
    prompt: items.findLast(item => item.role === 'user')?.text ?? last.text,
    toolResult: last.result,
    promptTokens: items.reduce(
      (sum, item) => sum + estimateTokens(item.text) + 4,
      estimateTokens(textOf(instructions)),
    ),
    maxTokens: typeof limit === 'number' && Number.isInteger(limit) && limit > 0 ? limit : Number.POSITIVE_INFINITY,
    tools: choice === 'none' ? [] : readTools(body['tools']),
    forcedTool: readForced(choice),
  }
}

function readItems(input: unknown): Item[] | null {
  if (typeof input === 'string') return [{ role: 'user', result: null, text: input }]
  if (!Array.isArray(input) || input.length === 0 || !input.every(isRecord)) return null
  return input.map(item => {
    const result = String(item['type']).endsWith('_output') ? textOf(item['output']) : null
    return { role: String(item['role'] ?? ''), result, text: result ?? textOf(item['content']) }
  })
}

/** A string, or the texts of a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .filter(isRecord)
    .map(part => part['text'])
    .filter(text => typeof text === 'string' && text !== '')
    .join('\n')
}

function readTools(value: unknown): DemoTool[] {
  if (!Array.isArray(value)) return []
  return value
    .filter(isRecord)
    .filter(tool => tool['type'] === 'function' && typeof tool['name'] === 'string')
    .map(tool => ({
      name: tool['name'] as string,
      parameters: isRecord(tool['parameters']) ? tool['parameters'] : {},
    }))
}

function readForced(choice: unknown): string | null {
  if (choice === 'required') return '*'
  return isRecord(choice) && typeof choice['name'] === 'string' ? choice['name'] : null
}

/* ---------------------------------------------------------------- the answer */

export function responseBody(call: DemoCall, reply: DemoReply): Members {
  return finished(head(call), call, reply, outputItem(reply))
}

/** The events of a stream, numbered in order. */
export function* responseEvents(call: DemoCall, reply: DemoReply): Iterable<Members & { readonly type: string }> {
  let sequence = 0
  for (const { type, ...members } of events(call, reply)) yield { type, sequence_number: sequence++, ...members }
}

function* events(call: DemoCall, reply: DemoReply): Iterable<Members & { readonly type: string }> {
  const response = head(call)
  const item = outputItem(reply)
  const place = { item_id: item['id'], output_index: 0 }
  yield { type: 'response.created', response }
  yield { type: 'response.in_progress', response }
  yield { type: 'response.output_item.added', output_index: 0, item: begun(item) }
  if (reply.toolCall === null) yield* textEvents(reply.pieces, { ...place, content_index: 0 })
  else yield* argumentEvents(reply.toolCall, place)
  yield { type: 'response.output_item.done', output_index: 0, item }
  const end = finished(response, call, reply, item)
  yield { type: `response.${String(end['status'])}`, response: end }
}

function* textEvents(pieces: readonly string[], place: Members): Iterable<Members & { readonly type: string }> {
  yield { type: 'response.content_part.added', ...place, part: textPart('') }
  for (const delta of pieces) yield { type: 'response.output_text.delta', ...place, delta, logprobs: [] }
  const text = pieces.join('')
  yield { type: 'response.output_text.done', ...place, text, logprobs: [] }
  yield { type: 'response.content_part.done', ...place, part: textPart(text) }
}

function* argumentEvents(
  { name, arguments: text }: NonNullable<DemoReply['toolCall']>,
  place: Members,
): Iterable<Members & { readonly type: string }> {
  for (let at = 0; at < text.length; at += ARGUMENT_PIECE)
    yield { type: 'response.function_call_arguments.delta', ...place, delta: text.slice(at, at + ARGUMENT_PIECE) }
  yield { type: 'response.function_call_arguments.done', ...place, name, arguments: text }
}

function outputItem(reply: DemoReply): Members {
  const status = reply.finish === 'length' ? 'incomplete' : 'completed'
  if (reply.toolCall === null)
    return { id: id('msg_'), type: 'message', status, role: 'assistant', content: [textPart(reply.pieces.join(''))] }
  return { id: id('fc_'), type: 'function_call', status, call_id: id('call_'), ...reply.toolCall }
}

function begun(item: Members): Members {
  const empty = 'content' in item ? { content: [] } : { arguments: '' }
  return { ...item, status: 'in_progress', ...empty }
}

function textPart(text: string): Members {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function head(call: DemoCall): Members {
  return {
    id: id('resp_'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: Number.isFinite(call.maxTokens) ? call.maxTokens : null,
    metadata: {},
    model: 'clawnex/demo',
    output: [],
    parallel_tool_calls: false,
    previous_response_id: null,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
  }
}

function finished(response: Members, call: DemoCall, reply: DemoReply, item: Members): Members {
  const short = reply.finish === 'length'
  return {
    ...response,
    status: short ? 'incomplete' : 'completed',
    incomplete_details: short ? { reason: 'max_output_tokens' } : null,
    output: [item],
    usage: {
      input_tokens: call.promptTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: reply.completionTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: call.promptTokens + reply.completionTokens,
    },
  }
}

function id(prefix: string): string {
  return prefix + randomBytes(12).toString('hex')
}
