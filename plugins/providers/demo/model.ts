/**
 * `clawnex/demo`: a deterministic stand-in for a model, so that the whole path can be tried without a key and without a network.
 * It understands a handful of requests and says in every answer that it is the demo model.
 */
import type { LocalAnswer } from 'clawnex/contract'
import { composeReply, type DemoReply } from './compose.ts'
import { type DemoCall, readCall } from './read.ts'
import { completionBody, errorBody, streamChunks } from './shape.ts'

export const DEMO_MODEL = 'demo'

const encoder = new TextEncoder()
/** Pause between chunks: long enough to look like a stream, short enough not to slow a spec. */
const CHUNK_MS = 15

export function answerDemo(body: Readonly<Record<string, unknown>>, signal: AbortSignal): LocalAnswer {
  const call = readCall(body)
  if ('problem' in call) return json(400, errorBody(call.problem, call.param))
  const reply = composeReply(call)
  return call.stream ? sse(call, reply, signal) : json(200, completionBody(call, reply))
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
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    body: paced(streamChunks(call, reply), signal),
  }
}

async function* paced(chunks: Iterable<unknown>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) {
    if (signal.aborted) return
    yield encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`)
    await pause(signal)
  }
  yield encoder.encode('data: [DONE]\n\n')
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
