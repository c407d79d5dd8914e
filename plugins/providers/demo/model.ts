/**
 * `clawnex/demo`: a deterministic stand-in for a model, so that the whole path can be tried without a key and without a network.
 * It understands a handful of requests and says in every answer that it is the demo model.
 */
import type { LocalAnswer } from 'clawnex/contract'
import { composeReply, type DemoReply } from './compose.ts'
import { messageBody, messageEvents, messagesError, readMessagesCall } from './messages.ts'
import { type DemoCall, readCall } from './read.ts'
import { readResponsesCall, responseBody, responseEvents } from './responses.ts'
import { completionBody, errorBody, streamChunks } from './shape.ts'

export const DEMO_MODEL = 'demo'

type Body = Readonly<Record<string, unknown>>

const encoder = new TextEncoder()
/** Pause between chunks: long enough to look like a stream, short enough not to slow a spec. */
const CHUNK_MS = 15

const NO_VECTORS = 'It makes no embeddings. Add a provider in the dashboard and name a model of it.'

/** `path`: the address on the model path, which tells the shape of call and answer. */
export function answerDemo(body: Body, signal: AbortSignal, path = '/v1/chat/completions'): LocalAnswer {
  if (path.startsWith('/v1/messages')) return answerMessages(body, signal, path.endsWith('/count_tokens'))
  if (path === '/v1/responses') return answerResponses(body, signal)
  if (path === '/v1/embeddings') return json(400, errorBody(NO_VECTORS, 'model'))
  const call = readCall(body)
  if ('problem' in call) return json(400, errorBody(call.problem, call.param))
  const reply = composeReply(call)
  return call.stream ? sse(call, reply, signal) : json(200, completionBody(call, reply))
}

function answerResponses(body: Body, signal: AbortSignal): LocalAnswer {
  const call = readResponsesCall(body)
  if ('problem' in call) return json(400, errorBody(call.problem, call.param))
  const reply = composeReply(call)
  if (!call.stream) return json(200, responseBody(call, reply))
  return eventStream(map(responseEvents(call, reply), namedFrame), signal)
}

function answerMessages(body: Body, signal: AbortSignal, counting: boolean): LocalAnswer {
  const call = readMessagesCall(body, counting)
  if ('problem' in call) return json(400, messagesError(call.problem))
  if (counting) return json(200, { input_tokens: call.promptTokens })
  const reply = composeReply(call)
  if (!call.stream) return json(200, messageBody(call, reply))
  return eventStream(map(messageEvents(call, reply), namedFrame), signal)
}

function json(status: number, value: unknown): LocalAnswer {
  const bytes = encoder.encode(JSON.stringify(value))
  return {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(bytes.length) },
    body: single(bytes),
  }
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

function sse(call: DemoCall, reply: DemoReply, signal: AbortSignal): LocalAnswer {
  return eventStream(map(streamChunks(call, reply), dataOf), signal, 'data: [DONE]\n\n')
}

function namedFrame(event: { readonly type: string }): string {
  return `event: ${event.type}\n${dataOf(event)}`
}

function dataOf(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

/** `last` follows the last frame without a pause. */
function eventStream(frames: Iterable<string>, signal: AbortSignal, last = ''): LocalAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    body: paced(frames, last, signal),
  }
}

async function* paced(frames: Iterable<string>, last: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (const frame of frames) {
    if (signal.aborted) return
    yield encoder.encode(frame)
    await pause(signal)
  }
  if (last !== '') yield encoder.encode(last)
}

function* map<T>(values: Iterable<T>, write: (value: T) => string): Iterable<string> {
  for (const value of values) yield write(value)
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(finish, CHUNK_MS)
    signal.addEventListener('abort', finish, { once: true })
    function finish(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
  })
}
