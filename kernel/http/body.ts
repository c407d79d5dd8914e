/** Reads the body of a request within its limits. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError } from '../contract/index.ts'
import { parseJson } from './json.ts'

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

export interface BodyLimits {
  readonly bytes: number
  readonly timeoutMs: number
}

export interface Body {
  readonly value: unknown
  readonly bytes: Buffer
}

/** True when a body follows the header, however it is framed. */
export function announcesBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}

/**
 * Reads and parses a JSON body. Throws API_CONTENT_TYPE, API_TOO_LARGE, API_TIMEOUT, API_JSON_INVALID or API_JSON_DEPTH.
 * Compressed bodies are not taken: unpacking would let a small body cost a lot.
 */
export async function readJsonBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
): Promise<Body> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers
  if (!JSON_TYPE.test(type)) throw new ApiError('API_CONTENT_TYPE')
  if (encoding.toLowerCase() !== 'identity') {
    throw new ApiError('API_CONTENT_TYPE', { detail: 'Compressed bodies are not taken.' })
  }
  if (Number(request.headers['content-length'] ?? 0) > limits.bytes) throw tooLarge(limits.bytes)
  // The client waits for this line only when it asked for it; it may send now that the headers are fine.
  if (request.headers.expect !== undefined) response.writeContinue()
  const bytes = await collect(request, limits)
  if (bytes.length === 0) throw new ApiError('API_JSON_INVALID', { detail: 'The body is empty.' })
  return { value: parseJson(bytes), bytes }
}

function collect(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => finish(new ApiError('API_TIMEOUT')), limits.timeoutMs)
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      request.off('data', take)
      request.off('end', finish)
      request.off('error', gone)
      request.off('close', gone)
      if (error) reject(error)
      else resolve(Buffer.concat(chunks, size))
    }
    const gone = (): void => finish(new ApiError('API_BAD_REQUEST', { detail: 'The client broke off.' }))
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limits.bytes) finish(tooLarge(limits.bytes))
      else chunks.push(chunk)
    }
    request.on('data', take)
    request.once('end', finish)
    request.once('error', gone)
    request.once('close', gone)
  })
}

function tooLarge(limit: number): ApiError {
  return new ApiError('API_TOO_LARGE', { detail: `The limit is ${limit} bytes.` })
}
