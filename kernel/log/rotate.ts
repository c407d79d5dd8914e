import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const DEFAULT_LIMIT = 8 * 1024 * 1024
const DEFAULT_KEEP = 5

export interface LogFile {
  write(line: string): void
  close(): void
}

/**
 * Appends to `path` until `limit` bytes, then shifts `path` → `path.1` → … and keeps `keep` files in all. Never throws: a full
 * disk must not take the process down with it; lines that could not be written are counted and told with the next that could.
 */
export function openLogFile(path: string, limit = DEFAULT_LIMIT, keep = DEFAULT_KEEP): LogFile {
  let file: { fd: number; size: number } | undefined
  let lost = 0

  function open(): { fd: number; size: number } {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const fd = openSync(path, 'a', 0o600)
    return { fd, size: fstatSync(fd).size }
  }

  function rotate(): void {
    if (file) closeSync(file.fd)
    file = undefined
    rmSync(`${path}.${keep - 1}`, { force: true })
    for (let age = keep - 2; age >= 0; age -= 1)
      renameIfPresent(age === 0 ? path : `${path}.${age}`, `${path}.${age + 1}`)
  }

  function append(line: string): void {
    file ??= open()
    if (file.size > 0 && file.size + Buffer.byteLength(line) > limit) {
      rotate()
      file = open()
    }
    file.size += writeSync(file.fd, line)
  }

  return {
    write(line) {
      try {
        if (lost > 0)
          append(
            `${JSON.stringify({ level: 40, time: new Date().toISOString(), msg: `${lost} log lines were lost`, v: 0 })}\n`,
          )
        lost = 0
        append(line)
      } catch {
        lost += 1
      }
    },
    close() {
      if (file) closeSync(file.fd)
      file = undefined
    },
  }
}

function renameIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
