import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { prepareSocketFolder, socketPath } from './socket-path.ts'

export interface Listener {
  close(): Promise<void>
}

/**
 * Listens on the planes' socket. A socket file that is there already belongs to a dead process: only the holder of the data
 * folder's lock comes here.
 */
export async function listen(dataDir: string, onSocket: (socket: Socket) => void): Promise<Listener> {
  const path = socketPath(dataDir)
  prepareSocketFolder(path)
  rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  await bind(server, path)
  chmodSync(path, 0o600)
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroySoon()
        setTimeout(() => sockets.forEach(socket => void socket.destroy()), 500).unref()
      }),
  }
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
