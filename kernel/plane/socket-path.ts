import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { RunError } from '../contract/index.ts'

/** sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero. */
const MAX_BYTES = 100

/** Where the planes of this data folder meet. A folder whose path is too long for a socket gets one in the temporary folder. */
export function socketPath(dataDir: string): string {
  const inside = join(resolve(dataDir), 'run', 'plane.sock')
  if (Buffer.byteLength(inside) <= MAX_BYTES) return inside
  const hash = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16)
  return join(tmpdir(), `clawnex-${process.getuid?.() ?? 0}-${hash}`, 'plane.sock')
}

/** Makes the folder of the socket, closed to others. Throws RUN_DATA_READONLY when someone else owns it. */
export function prepareSocketFolder(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  checkSocketFolder(path)
  chmodSync(folder, 0o700)
}

/** The temporary folder belongs to everyone: a socket in it is trusted only inside a folder that is ours. */
export function checkSocketFolder(path: string): void {
  const stat = lstatSync(dirname(path))
  const uid = process.getuid?.()
  if (stat.isDirectory() && (uid === undefined || stat.uid === uid)) return
  throw new RunError('RUN_DATA_READONLY', { detail: `${dirname(path)} belongs to someone else.` })
}
