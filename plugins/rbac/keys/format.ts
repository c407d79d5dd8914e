/**
 * `cnx_` + kind + 30 base62 characters (178 bits) + 6 base62 characters of the CRC32 of everything before them.
 *
 * The shape is GitHub's: a prefix that scanners find, an underscore that a double click selects across, and a checksum that
 * rejects look-alikes without a lookup.
 */
import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** `m` works on the model path, `a` on the API. Neither works on the other. */
export type KeyKind = 'model' | 'api'

const LETTERS: Readonly<Record<KeyKind, string>> = { model: 'm', api: 'a' }
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SHAPE = /^cnx_([ma])[0-9A-Za-z]{36}$/
const RANDOM_LENGTH = 30
const CHECK_LENGTH = 6
/** Largest multiple of 62 below 256: bytes above it are drawn again, so that every character is equally likely. */
const FAIR = 248

export function mintKey(kind: KeyKind): string {
  const body = `cnx_${LETTERS[kind]}${randomText(RANDOM_LENGTH)}`
  return body + checksum(body)
}

/** The kind of a well-formed key, or null when prefix, length, alphabet or checksum is wrong. Touches no storage. */
export function readKind(key: string): KeyKind | null {
  const match = SHAPE.exec(key)
  if (match === null) return null
  const body = key.slice(0, -CHECK_LENGTH)
  if (checksum(body) !== key.slice(-CHECK_LENGTH)) return null
  return match[1] === 'm' ? 'model' : 'api'
}

/** SHA-256, hexadecimal. A fast hash is enough for secrets of 178 random bits and keeps a lookup from being a load attack. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'hex')
}

function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let i = 0; i < CHECK_LENGTH; i++) {
    text = ALPHABET[rest % 62] + text
    rest = Math.floor(rest / 62)
  }
  return text
}

function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR && text.length < length) text += ALPHABET[byte % 62]
    }
  }
  return text
}
