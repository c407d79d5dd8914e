import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { RunError } from '../contract/index.ts'

/**
 * Reads a private file, after checking on the open descriptor that it is a regular file of this user that nobody else may
 * read. Undefined when it is absent. Throws RUN_KEYFILE_UNSAFE.
 */
export function readPrivateFile(path: string): Buffer | undefined {
  const fd = openNoFollow(path)
  if (fd === undefined) return undefined
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw unsafe(path, 'it is not a regular file')
    if ((stat.mode & 0o077) !== 0) throw unsafe(path, `its mode is ${(stat.mode & 0o777).toString(8).padStart(4, '0')}`)
    const uid = process.getuid?.()
    if (uid !== undefined && stat.uid !== uid) throw unsafe(path, `it belongs to user ${stat.uid}`)
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * Creates a private file with whole content or not at all, and returns what is in it: when another process was first, its
 * content. Written aside and linked into place, because a reader must never see a file without its content.
 */
export function createPrivateFile(path: string, content: Buffer): Buffer {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  chmodSync(dirname(path), 0o700)
  const aside = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`
  const fd = openSync(aside, 'wx', 0o600)
  try {
    writeSync(fd, content)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  try {
    linkSync(aside, path)
    syncFolder(dirname(path))
    return content
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const first = readPrivateFile(path)
    if (first === undefined) throw unsafe(path, 'it vanished while it was read')
    return first
  } finally {
    unlinkSync(aside)
  }
}

/** Makes a created or renamed entry of the folder durable. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function openNoFollow(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP' || code === 'EMLINK') throw unsafe(path, 'it is a link', error)
    throw unsafe(path, `it cannot be read (${code})`, error)
  }
}

function unsafe(path: string, why: string, cause?: unknown): RunError {
  return new RunError('RUN_KEYFILE_UNSAFE', { detail: `${path}: ${why}.`, cause })
}
