// @ts-check
/**
 * Reads single files out of a gzipped tar archive (POSIX ustar and GNU; format: POSIX.1-2017, pax, "ustar Interchange Format").
 * Only names that were asked for are written, so no entry can reach outside the given targets.
 */
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import { createGunzip } from 'node:zlib'

const BLOCK = 512

/**
 * @param {string} archive path of the `.tgz`
 * @param {ReadonlyMap<string, { path: string, mode: number }>} wanted entry name → target; an existing target is an error
 * @returns {Promise<string[]>} names that were found. Rejects on a damaged or truncated archive.
 */
export async function extractFiles(archive, wanted) {
  const reader = createReader(wanted)
  const source = createReadStream(archive)
  const unzipped = source.pipe(createGunzip())
  source.on('error', error => unzipped.destroy(error))
  try {
    for await (const chunk of unzipped) reader.take(chunk)
    return reader.end()
  } finally {
    reader.close()
  }
}

/** @param {ReadonlyMap<string, { path: string, mode: number }>} wanted */
function createReader(wanted) {
  /** @type {string[]} */
  const found = []
  let header = Buffer.alloc(0)
  let left = 0
  let padding = 0
  let ended = false
  /** @type {number | undefined} */
  let fd

  /** @param {Buffer} block */
  function openEntry(block) {
    if (block.every(byte => byte === 0)) {
      ended = true
      return
    }
    const entry = parseHeader(block)
    left = entry.size
    padding = (BLOCK - (entry.size % BLOCK)) % BLOCK
    const target = entry.isFile ? wanted.get(entry.name) : undefined
    if (target === undefined) return
    fd = openSync(target.path, 'wx', target.mode)
    found.push(entry.name)
    if (left === 0) closeEntry()
  }

  function closeEntry() {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }

  return {
    /** @param {Buffer} chunk */
    take(chunk) {
      let at = 0
      while (at < chunk.length && !ended) {
        if (left > 0) {
          const part = chunk.subarray(at, at + left)
          if (fd !== undefined) writeWhole(fd, part)
          at += part.length
          left -= part.length
          if (left === 0) closeEntry()
        } else if (padding > 0) {
          const skipped = Math.min(padding, chunk.length - at)
          at += skipped
          padding -= skipped
        } else {
          const part = chunk.subarray(at, at + BLOCK - header.length)
          header = Buffer.concat([header, part])
          at += part.length
          if (header.length === BLOCK) {
            openEntry(header)
            header = Buffer.alloc(0)
          }
        }
      }
    },
    end() {
      if (!ended && (left > 0 || header.length > 0)) throw new Error('the archive is truncated')
      return found
    },
    close: closeEntry,
  }
}

/** @param {number} fd @param {Buffer} bytes */
function writeWhole(fd, bytes) {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}

/**
 * @param {Buffer} block 512 bytes
 * @returns {{ name: string, size: number, isFile: boolean }}
 */
function parseHeader(block) {
  const stated = readNumber(block, 148, 8)
  let sum = 8 * 0x20
  for (const [index, byte] of block.entries()) if (index < 148 || index >= 156) sum += byte
  if (sum !== stated) throw new Error('the archive is damaged: a header has a wrong checksum')
  const name = readText(block, 0, 100)
  const prefix = readText(block, 257, 5) === 'ustar' ? readText(block, 345, 155) : ''
  const type = block[156]
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: readNumber(block, 124, 12),
    isFile: type === 0 || type === 0x30,
  }
}

/** @param {Buffer} block @param {number} at @param {number} length */
function readText(block, at, length) {
  const end = block.indexOf(0, at)
  return block.toString('utf8', at, end === -1 || end > at + length ? at + length : end)
}

/** Octal text, or big-endian binary when the top bit is set (GNU). @param {Buffer} block @param {number} at @param {number} length */
function readNumber(block, at, length) {
  const first = block[at] ?? 0
  if (first & 0x80) {
    let value = first & 0x7f
    for (let index = 1; index < length; index++) value = value * 256 + (block[at + index] ?? 0)
    return value
  }
  const text = block
    .toString('latin1', at, at + length)
    .replace(/\0/g, ' ')
    .trim()
  if (!/^[0-7]*$/.test(text)) throw new Error('the archive is damaged: a header has a bad number')
  return text === '' ? 0 : Number.parseInt(text, 8)
}
