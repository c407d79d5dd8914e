/** Listening on loopback, with an error that names who holds a taken port. */
import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { AddressInfo, Server } from 'node:net'
import { RunError } from '../contract/index.ts'

export interface PortHolder {
  readonly pid: number
  readonly command: string
}

/**
 * Listens on 127.0.0.1 and gives back the port, which the system chooses for 0. `flag` is the option that sets this port.
 * Rejects with RUN_PORT_TAKEN naming the process that holds it.
 */
export async function listenOnLoopback(server: Server, port: number, flag: string): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: '127.0.0.1' }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    throw await describeListenError(error, port, flag)
  }
  return (server.address() as AddressInfo).port
}

/** RUN_PORT_TAKEN for a port in use or one this user may not open; anything else as it was. */
async function describeListenError(error: unknown, port: number, flag: string): Promise<unknown> {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EACCES') {
    return new RunError('RUN_PORT_TAKEN', {
      detail: `Port ${port} needs more rights than this user has. Choose another with ${flag}.`,
      cause: error,
    })
  }
  if (code !== 'EADDRINUSE') return error
  const holder = await findPortHolder(port)
  const who = holder === null ? 'by a process of another user' : `by ${holder.command} (pid ${holder.pid})`
  return new RunError('RUN_PORT_TAKEN', {
    detail: `Port ${port} is held ${who}. Choose another with ${flag}.`,
    cause: error,
  })
}

/** The process that listens on a TCP port of this machine, or null when it cannot be told. */
async function findPortHolder(port: number): Promise<PortHolder | null> {
  return process.platform === 'linux' ? findInProc(port) : findWithLsof(port)
}

async function findInProc(port: number): Promise<PortHolder | null> {
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '')
    for (const inode of listeningInodes(text, port)) inodes.add(`socket:[${inode}]`)
  }
  if (inodes.size === 0) return null
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  for (const pid of pids) {
    if (await holdsOne(pid, inodes)) return { pid: Number(pid), command: await commandOf(pid) }
  }
  return null
}

/** Column 2 is the local address `HEX_IP:HEX_PORT`, column 4 the state (0A listens), column 10 the inode. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(columns => columns[1]?.endsWith(suffix) && columns[3] === '0A')
    .map(columns => columns[9] as string)
}

async function holdsOne(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  // Processes of other users and processes that just ended cannot be read; neither is an error here.
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const fd of fds) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    if (inodes.has(target)) return true
  }
  return false
}

/** Program and script, without further arguments: those may carry secrets. */
async function commandOf(pid: string): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const [program = '', ...rest] = line.split('\0')
  const script = rest.find(part => part !== '' && !part.startsWith('-'))
  const names = [program, script]
    .filter(part => part !== undefined && part !== '')
    .map(part => baseName(part as string))
  if (names.length > 0) return names.join(' ')
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')).trim()
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).slice(0, 60)
}

function findWithLsof(port: number): Promise<PortHolder | null> {
  return new Promise(resolve => {
    execFile('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { timeout: 2000 }, (_error, stdout) => {
      const pid = /^p(\d+)$/m.exec(stdout)?.[1]
      const command = /^c(.+)$/m.exec(stdout)?.[1]
      resolve(pid === undefined ? null : { pid: Number(pid), command: command ?? 'a process' })
    })
  })
}
