import type { Socket } from 'node:net'
import type { Logger } from '../contract/index.ts'
import { createFrameReader, encodeFrame, type Message } from './frames.ts'

export const PROTOCOL = 1

export interface Connection {
  send(message: Message): void
  /** For a message whose text was put together already, with its newline. */
  sendRaw(text: string): void
  close(): void
  readonly open: boolean
}

/** Speaks frames over a socket. A malformed frame or a listener that throws ends the connection, never the process. */
export function connect(
  socket: Socket,
  log: Logger,
  on: { message(message: Message, connection: Connection): void; close(): void },
): Connection {
  const reader = createFrameReader()
  let open = true
  const connection: Connection = {
    send: message => connection.sendRaw(encodeFrame(message)),
    sendRaw: text => {
      if (open) socket.write(text)
    },
    close: () => {
      socket.destroySoon()
    },
    get open() {
      return open
    },
  }
  socket.on('data', chunk => {
    try {
      for (const message of reader.push(chunk)) if (open) on.message(message, connection)
    } catch (error) {
      log.warn({ error }, 'the connection between the planes was cut: it is not understood')
      socket.destroy()
    }
  })
  socket.on('error', error => log.debug({ error }, 'connection between the planes'))
  socket.on('close', () => {
    open = false
    on.close()
  })
  return connection
}
