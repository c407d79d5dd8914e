import { StringDecoder } from 'node:string_decoder'

/** The longest line either end takes: a full batch with one record of the greatest size. */
const MAX_FRAME = 16 * 1024 * 1024

/** One message of the planes' socket: a JSON object on one line, told apart by `t`. */
export interface Message {
  readonly t: string
  readonly [member: string]: unknown
}

/** The stream is not what this protocol sends; the connection is of no more use. */
export class FrameError extends Error {}

export function encodeFrame(message: Message): string {
  return `${JSON.stringify(message)}\n`
}

/** Cuts a byte stream into messages, however it was chunked. `push` throws FrameError for an overlong or malformed line. */
export function createFrameReader(limit = MAX_FRAME): { push(chunk: Buffer): Message[] } {
  const decoder = new StringDecoder('utf8')
  let parts: string[] = []
  let length = 0
  return {
    push(chunk) {
      const messages: Message[] = []
      const lines = decoder.write(chunk).split('\n')
      lines.forEach((piece, index) => {
        length += piece.length
        if (length > limit) throw new FrameError(`a line is longer than ${limit} characters`)
        parts.push(piece)
        if (index === lines.length - 1) return
        messages.push(parse(parts.join('')))
        parts = []
        length = 0
      })
      return messages
    },
  }
}

function parse(line: string): Message {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new FrameError('a line is not JSON', { cause })
  }
  if (typeof value !== 'object' || value === null || !('t' in value) || typeof value.t !== 'string') {
    throw new FrameError('a line is no message')
  }
  return value as Message
}
