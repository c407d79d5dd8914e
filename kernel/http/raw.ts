/** Replies to what never became a request: parse errors, timeouts, CONNECT. They carry the same headers as any other. */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ApiErrorCode, ERRORS } from '../contract/index.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { problemBody } from './problem.ts'

export function codeOfParseError(error: NodeJS.ErrnoException): ApiErrorCode {
  if (error.code === 'HPE_HEADER_OVERFLOW' || error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'API_HEADERS'
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'API_TIMEOUT' : 'API_BAD_REQUEST'
}

/** Writes a whole reply on the socket and ends it. */
export function answerRaw(socket: Duplex, code: ApiErrorCode, headers: Readonly<Record<string, string>> = {}): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const { status } = ERRORS[code]
  const body = problemBody(code, randomUUID())
  const lines = Object.entries({
    ...SECURITY_HEADERS,
    ...headers,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  // A client that keeps sending would hold the socket half open.
  setTimeout(() => socket.destroy(), 1000).unref()
}
