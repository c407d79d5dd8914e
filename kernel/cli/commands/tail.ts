import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { CliEnd } from '../context.ts'
import { exitCode } from '../exit-codes.ts'

/** The part of a file that is searched for lines. */
const WINDOW = 1024 * 1024

/** Prints the last lines of a file as they are. Ends with `notRunning` when there is none. */
export function printTail(path: string, lines: number): number {
  process.stdout.write(
    readTail(path)
      .split('\n')
      .slice(-lines - 1)
      .join('\n'),
  )
  return exitCode('ok')
}

function readTail(path: string): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CliEnd('notRunning', `There is no log at ${path}.`)
    throw error
  }
  try {
    const { size } = fstatSync(fd)
    const bytes = Buffer.alloc(Math.min(size, WINDOW))
    const length = readSync(fd, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(fd)
  }
}
