import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { RunError, type Secrets } from '../contract/index.ts'

/**
 * Format 1, one line of text: `s1.<key id>.<nonce><wrapped data key><tag>.<nonce><ciphertext><tag>`, base64url.
 * Each value has its own data key, wrapped by the master key; both layers carry the format, the key id and the place as
 * associated data, so neither layer can be moved to another row or mixed with another value's.
 */
const FORMAT = 's1'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The two calls of the contract on one master key of 32 bytes. */
export function createSecrets(master: Buffer): Secrets {
  const keyId = createHash('sha256').update('clawnex master key id').update(master).digest('hex').slice(0, 8)
  return {
    seal(plain, place) {
      const dataKey = randomBytes(KEY_BYTES)
      const wrapped = encrypt(master, dataKey, associated('key', keyId, place))
      const sealed = encrypt(dataKey, Buffer.from(plain, 'utf8'), associated('value', keyId, place))
      dataKey.fill(0)
      return [FORMAT, keyId, wrapped.toString('base64url'), sealed.toString('base64url')].join('.')
    },
    open(sealed, place) {
      const parts = parse(sealed)
      if (parts === undefined) throw unreadable(place, 'It has no known format')
      if (parts.keyId !== keyId)
        throw unreadable(place, `It was sealed with key ${parts.keyId}, this installation has ${keyId}`)
      try {
        const dataKey = decrypt(master, parts.wrapped, associated('key', keyId, place))
        return decrypt(dataKey, parts.value, associated('value', keyId, place)).toString('utf8')
      } catch (cause) {
        throw unreadable(place, 'It was altered or moved', cause)
      }
    },
  }
}

function parse(sealed: string): { keyId: string; wrapped: Buffer; value: Buffer } | undefined {
  const [format, keyId, wrapped, value, ...rest] = sealed.split('.')
  if (format !== FORMAT || rest.length > 0) return undefined
  if (keyId === undefined || !/^[0-9a-f]{8}$/.test(keyId)) return undefined
  const key = decode(wrapped)
  const body = decode(value)
  if (key?.length !== NONCE_BYTES + KEY_BYTES + TAG_BYTES || body === undefined) return undefined
  return body.length < NONCE_BYTES + TAG_BYTES ? undefined : { keyId, wrapped: key, value: body }
}

/** Strict: a text that decodes but is not what encoding would give back was altered. */
function decode(text: string | undefined): Buffer | undefined {
  const bytes = Buffer.from(text ?? '', 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

function associated(layer: 'key' | 'value', keyId: string, place: string): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, layer, keyId, place]), 'utf8')
}

function encrypt(key: Buffer, plain: Buffer, aad: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Buffer, sealed: Buffer, aad: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const body = sealed.subarray(NONCE_BYTES, -TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(body), decipher.final()])
}

function unreadable(place: string, why: string, cause?: unknown): RunError {
  return new RunError('RUN_SECRET_UNREADABLE', { detail: `${place}: ${why}.`, cause })
}
