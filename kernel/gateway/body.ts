import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayError } from '../contract/index.ts'
import { tooLarge } from './edge.ts'
import type { Limits } from './limits.ts'

/**
 * Reads a whole body. Exactly one of the callbacks is called, none when the caller goes away first. Past the limit the rest is
 * not read: the connection is closed behind the refusal.
 */
export function readBody(
  request: IncomingMessage,
  limits: Limits,
  done: (body: Buffer) => void,
  refuse: (error: GatewayError) => void,
): void {
  const parts: Buffer[] = []
  let length = 0
  const onData = (part: Buffer): void => {
    length += part.length
    if (length > limits.requestBytes) {
      request.off('data', onData).off('end', onEnd).pause()
      refuse(tooLarge(limits))
    } else parts.push(part)
  }
  const onEnd = (): void => done(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, length))
  // A caller that breaks off emits an error here; the end of its response is what is acted on.
  request.on('data', onData).on('end', onEnd).on('error', ignore)
}

function ignore(): void {}

const LINGER_MS = 2_000
const LINGER_BYTES = 64 * 1024 * 1024

/**
 * Ends a response that is complete while its request may still be coming in. Closing at once would make callers that write before
 * they read see a broken connection instead of the refusal, so for a while the rest of the body is taken and dropped.
 */
export function endAfterBody(request: IncomingMessage, response: ServerResponse, body: string | Buffer): void {
  if (request.complete) {
    response.end(body)
    return
  }
  let dropped = 0
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, LINGER_MS)
  response.write(body)
  request
    .on('data', (part: Buffer) => {
      dropped += part.length
      if (dropped > LINGER_BYTES) end()
    })
    .on('end', end)
    .on('close', end)
    .on('error', ignore)
    .resume()
}
