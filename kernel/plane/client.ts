import { connect as connectSocket } from 'node:net'
import { connect, PROTOCOL } from './connection.ts'
import { type RemoteError, reviveError } from './remote-error.ts'
import { checkSocketFolder, socketPath } from './socket-path.ts'

const TIMEOUT_MS = 60_000
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Runs a command in the dashboard of this data folder. Rejects with the command's own catalogued error, or with an error of
 * code ECONNREFUSED when no dashboard runs.
 */
export async function callDashboard(
  dataDir: string,
  command: string,
  args: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const path = socketPath(dataDir)
  try {
    checkSocketFolder(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw notRunning(cause)
    throw cause
  }
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path)
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer to "${command}" in ${TIMEOUT_MS / 1000} s`)),
      TIMEOUT_MS,
    )
    let connected = false
    const connection = connect(socket, SILENT, {
      message(message) {
        if (message.t !== 'result') return
        if (message['error']) reject(reviveError(message['error'] as RemoteError))
        else resolve(message['value'])
        connection.close()
      },
      close() {
        clearTimeout(timer)
        reject(connected ? new Error('the dashboard closed the connection') : notRunning())
      },
    })
    socket.on('connect', () => {
      connected = true
      connection.send({ t: 'hello', v: PROTOCOL, role: 'cli', pid: process.pid })
      connection.send({ t: 'command', command, args })
    })
    socket.on('error', error => reject(connected ? error : notRunning(error)))
  })
}

function notRunning(cause?: unknown): Error {
  return Object.assign(new Error('no dashboard runs on this data folder', { cause }), { code: 'ECONNREFUSED' })
}
