import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { createPrivateFile, readPrivateFile } from '../secrets/index.ts'
import { FILE_CALLS, replaceFile } from './file-calls.ts'

/** Keeps a signature from being taken for one over something else. */
const DOMAIN = 'clawnex snapshot 1\n'

/**
 * The dashboard's signing key, made at the first start; its public half always lies beside it for the gateway. A damaged one is
 * made anew: what it signed is refused from then on, and published again by the plugins as they start.
 */
export function openSigningKey(dataDir: string): KeyObject {
  const folder = join(dataDir, 'keys')
  const path = join(folder, 'snapshot.key')
  const key =
    readKey(createPrivateKey, readPrivateFile(path) ?? createPrivateFile(path, makeKey())) ?? renewKey(path, folder)
  const publicPem = Buffer.from(createPublicKey(key).export({ type: 'spki', format: 'pem' }))
  const publicPath = join(folder, 'snapshot.pub')
  if (readPrivateFile(publicPath)?.equals(publicPem) !== true) replaceFile(FILE_CALLS, publicPath, folder, publicPem)
  return key
}

/** Undefined before the dashboard's first start, and while the file is damaged: it is written anew at its next one. */
export function readVerifyKey(dataDir: string): KeyObject | undefined {
  const pem = readPrivateFile(join(dataDir, 'keys', 'snapshot.pub'))
  return pem === undefined ? undefined : readKey(createPublicKey, pem)
}

function readKey(parse: (pem: Buffer) => KeyObject, pem: Buffer): KeyObject | undefined {
  try {
    const key = parse(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    // Damaged; the parser's message names neither file nor reason.
    return undefined
  }
}

function renewKey(path: string, folder: string): KeyObject {
  const pem = makeKey()
  replaceFile(FILE_CALLS, path, folder, pem)
  return createPrivateKey(pem)
}

export function signText(key: KeyObject, text: string): string {
  return sign(null, Buffer.from(DOMAIN + text), key).toString('base64')
}

export function isSigned(key: KeyObject, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  return bytes.toString('base64') === signature && verify(null, Buffer.from(DOMAIN + text), key, bytes)
}

function makeKey(): Buffer {
  return Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
}
