import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { createPrivateFile, readPrivateFile } from '../secrets/index.ts'
import { FILE_CALLS, replaceFile } from './file-calls.ts'

/** Keeps a signature from being taken for one over something else. */
const DOMAIN = 'clawnex snapshot 1\n'

/** The dashboard's signing key, made at the first start; its public half always lies beside it for the gateway. */
export function openSigningKey(dataDir: string): KeyObject {
  const folder = join(dataDir, 'keys')
  const path = join(folder, 'snapshot.key')
  const pem = readPrivateFile(path) ?? createPrivateFile(path, makeKey())
  const key = createPrivateKey(pem)
  const publicPem = Buffer.from(createPublicKey(key).export({ type: 'spki', format: 'pem' }))
  const publicPath = join(folder, 'snapshot.pub')
  if (readPrivateFile(publicPath)?.equals(publicPem) !== true) replaceFile(FILE_CALLS, publicPath, folder, publicPem)
  return key
}

/** Undefined before the dashboard's first start. */
export function readVerifyKey(dataDir: string): KeyObject | undefined {
  const pem = readPrivateFile(join(dataDir, 'keys', 'snapshot.pub'))
  return pem === undefined ? undefined : createPublicKey(pem)
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
