/** The demo model behind Anthropic's messages API. Source of the shapes: Anthropic API reference, "Messages" and "Streaming". */
import { randomBytes } from 'node:crypto'
import type { DemoReply } from './compose.ts'
import { type DemoCall, type DemoProblem, type DemoTool, estimateTokens, isRecord } from './read.ts'

/** Arguments stream in pieces of this many characters, as providers do. */
const ARGUMENT_PIECE = 12
const STOPS: Readonly<Record<DemoReply['finish'], string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
}

/* ---------------------------------------------------------------- the call */

/** `counting`: a call that only asks for its size needs no limit. */
export function readMessagesCall(body: Readonly<Record<string, unknown>>, counting: boolean): DemoCall | DemoProblem {
  const { messages, max_tokens: limit, tool_choice: choice } = body
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isRecord))
    return { problem: 'messages: a non-empty list of messages is required.', param: 'messages' }
  if (!counting && !(Number.isInteger(limit) && (limit as number) > 0))
    return { problem: 'max_tokens: a whole number above zero is required.', param: 'max_tokens' }
  const last = messages.at(-1) as Record<string, unknown>
  const asked = messages.filter(message => message['role'] === 'user').map(message => readText(message['content']))
  return {
    stream: body['stream'] === true,
    includeUsage: true,
    prompt: asked.findLast(text => text !== '') ?? '',
    toolResult: readResult(last['content']),
    promptTokens: estimateTokens(readText(body['system'])) + messages.reduce((sum, message) => sum + size(message), 0),
    maxTokens: counting ? Number.POSITIVE_INFINITY : (limit as number),
    tools: isRecord(choice) && choice['type'] === 'none' ? [] : readTools(body['tools']),
    forcedTool: readForced(choice),
  }
}

function size(message: Readonly<Record<string, unknown>>): number {
  return estimateTokens(readText(message['content']) + (readResult(message['content']) ?? '')) + 4
}

/** A string, or the text blocks of a list. */
function readText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .filter(isRecord)
    .filter(block => block['type'] === 'text' && typeof block['text'] === 'string')
    .map(block => block['text'])
    .join('\n')
}

function readResult(content: unknown): string | null {
  if (!Array.isArray(content)) return null
  const result = content.filter(isRecord).findLast(block => block['type'] === 'tool_result')
  return result === undefined ? null : readText(result['content'])
}

function readTools(value: unknown): DemoTool[] {
  if (!Array.isArray(value)) return []
  return value
    .filter(isRecord)
    .filter(tool => typeof tool['name'] === 'string' && isRecord(tool['input_schema']))
    .map(tool => ({ name: tool['name'] as string, parameters: tool['input_schema'] as Record<string, unknown> }))
}

function readForced(choice: unknown): string | null {
  if (!isRecord(choice)) return null
  if (choice['type'] === 'any') return '*'
  return choice['type'] === 'tool' && typeof choice['name'] === 'string' ? choice['name'] : null
}

/* ---------------------------------------------------------------- the answer */

export function messageBody(call: DemoCall, reply: DemoReply) {
  return {
    ...head(),
    content: [
      reply.toolCall === null
        ? { type: 'text', text: reply.pieces.join('') }
        : { ...toolBlock(reply.toolCall.name), input: JSON.parse(reply.toolCall.arguments) as unknown },
    ],
    stop_reason: STOPS[reply.finish],
    stop_sequence: null,
    usage: { input_tokens: call.promptTokens, output_tokens: reply.completionTokens },
  }
}

export function* messageEvents(
  call: DemoCall,
  reply: DemoReply,
): Iterable<{ readonly type: string; readonly [member: string]: unknown }> {
  const usage = { input_tokens: call.promptTokens, output_tokens: 1 }
  yield { type: 'message_start', message: { ...head(), content: [], stop_reason: null, stop_sequence: null, usage } }
  const tool = reply.toolCall
  const block = tool === null ? { type: 'text', text: '' } : { ...toolBlock(tool.name), input: {} }
  yield { type: 'content_block_start', index: 0, content_block: block }
  for (const delta of tool === null ? textDeltas(reply.pieces) : argumentDeltas(tool.arguments))
    yield { type: 'content_block_delta', index: 0, delta }
  yield { type: 'content_block_stop', index: 0 }
  yield {
    type: 'message_delta',
    delta: { stop_reason: STOPS[reply.finish], stop_sequence: null },
    usage: { output_tokens: reply.completionTokens },
  }
  yield { type: 'message_stop' }
}

function textDeltas(pieces: readonly string[]): object[] {
  return pieces.map(text => ({ type: 'text_delta', text }))
}

function* argumentDeltas(text: string): Iterable<object> {
  for (let at = 0; at < text.length; at += ARGUMENT_PIECE)
    yield { type: 'input_json_delta', partial_json: text.slice(at, at + ARGUMENT_PIECE) }
}

export function messagesError(message: string) {
  return { type: 'error', error: { type: 'invalid_request_error', message: `demo model: ${message}` } }
}

function head() {
  return { id: id('msg_'), type: 'message', role: 'assistant', model: 'clawnex/demo' }
}

function toolBlock(name: string) {
  return { type: 'tool_use', id: id('toolu_'), name }
}

function id(prefix: string): string {
  return prefix + randomBytes(12).toString('hex')
}
