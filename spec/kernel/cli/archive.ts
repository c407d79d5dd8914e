import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

export interface Entry {
  readonly name: string
  readonly body: Buffer
  /** Type flag of the header; `0` is a regular file. */
  readonly type?: string
}

/** Bytes of a ustar archive, written independently of the reader under test. */
export function tarOf(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(1024)])
}

function blocksOf({ name, body, type = '0' }: Entry): Buffer[] {
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write('0000755\0', 100)
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write(' '.repeat(8), 148)
  header.write(type, 156)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
}

/** Writes a gzipped archive and returns its subresource integrity. */
export function writeArchive(path: string, bytes: Buffer): string {
  const zipped = gzipSync(bytes)
  writeFileSync(path, zipped)
  return `sha512-${createHash('sha512').update(zipped).digest('base64')}`
}
