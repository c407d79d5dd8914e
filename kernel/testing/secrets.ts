import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { RunError, type Secrets } from '../contract/index.ts'

/** AES-256-GCM with a key of this bench alone. */
export function memorySecrets(): Secrets {
  const key = randomBytes(32)
  return {
    seal(plain, place) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(place))
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
    },
    open(sealed, place) {
      try {
        const bytes = Buffer.from(sealed, 'base64')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(place))
        decipher.setAuthTag(bytes.subarray(12, 28))
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new RunError('RUN_SECRET_UNREADABLE', { cause })
      }
    },
  }
}
