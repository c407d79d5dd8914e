/** The shapes of the OpenAI chat API. Source: OpenAI API reference, "Chat completions" and "Chat completion chunks". */
import { randomBytes } from 'node:crypto'
import type { DemoReply } from './compose.ts'
import type { DemoCall } from './read.ts'

/** Arguments stream in pieces of this many characters, as providers do. */
const ARGUMENT_PIECE = 12

export function completionBody(call: DemoCall, reply: DemoReply) {
  return {
    ...head('chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: reply.toolCall === null ? reply.pieces.join('') : null,
          refusal: null,
          ...(reply.toolCall === null
            ? {}
            : { tool_calls: [{ id: id('call_'), type: 'function', function: reply.toolCall }] }),
        },
        logprobs: null,
        finish_reason: reply.finish,
      },
    ],
    usage: usage(call, reply),
  }
}

export function* streamChunks(call: DemoCall, reply: DemoReply): Iterable<unknown> {
  const common = head('chat.completion.chunk')
  const usageSoFar = call.includeUsage ? { usage: null } : {}
  const chunk = (delta: object, finish: string | null = null) => ({
    ...common,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...usageSoFar,
  })
  if (reply.toolCall === null) {
    yield chunk({ role: 'assistant', content: '' })
    for (const piece of reply.pieces) yield chunk({ content: piece })
  } else {
    const { name, arguments: text } = reply.toolCall
    yield chunk({
      role: 'assistant',
      content: null,
      tool_calls: [{ index: 0, id: id('call_'), type: 'function', function: { name, arguments: '' } }],
    })
    for (let at = 0; at < text.length; at += ARGUMENT_PIECE) {
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: text.slice(at, at + ARGUMENT_PIECE) } }] })
    }
  }
  yield chunk({}, reply.finish)
  if (call.includeUsage) yield { ...common, choices: [], usage: usage(call, reply) }
}

export function errorBody(message: string, param: string) {
  return { error: { message: `demo model: ${message}`, type: 'invalid_request_error', param, code: null } }
}

function head(object: string) {
  return {
    id: id('chatcmpl-'),
    object,
    created: Math.floor(Date.now() / 1000),
    model: 'clawnex/demo',
    system_fingerprint: 'clawnex-demo',
  }
}

function usage(call: DemoCall, reply: DemoReply) {
  return {
    prompt_tokens: call.promptTokens,
    completion_tokens: reply.completionTokens,
    total_tokens: call.promptTokens + reply.completionTokens,
  }
}

function id(prefix: string): string {
  return prefix + randomBytes(12).toString('hex')
}
