/** What may be said about `data:` URLs and base64 parts: text in them is scanned, pictures pass, the rest is refused. */
import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../../contract/index.ts'

/** Up to this length a part is scanned as it stands; the shield reads base64 itself. */
const SCANNED_WHOLE = 4096
/** How much of a picture's address stays in its unit. */
const ADDRESS_CHARS = 96

export type Media =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'decoded'; readonly text: string }
  | { readonly kind: 'picture'; readonly text: string; readonly unscanned: number }

/** Judges an address or a base64 part. Throws GW_UNSCANNABLE for content that no rule can read. `path` names it there. */
export function readMedia(value: string, path: string): Media {
  if (value.length <= SCANNED_WHOLE) return { kind: 'text', text: value }
  const comma = value.startsWith('data:') ? value.indexOf(',') : -1
  if (comma === -1 && !looksBase64(value)) return { kind: 'text', text: value }
  if (comma > 256) throw unscannable(path)
  const type = comma === -1 ? '' : value.slice(5, comma).toLowerCase()
  if (comma !== -1 && !type.endsWith(';base64')) return { kind: 'text', text: value }
  if (isPicture(type, value.slice(comma + 1, comma + 65)))
    return { kind: 'picture', text: value.slice(0, ADDRESS_CHARS), unscanned: value.length - ADDRESS_CHARS }
  const bytes = decodeBase64(value.slice(comma + 1), path)
  if (!isReadable(bytes)) throw unscannable(path)
  return { kind: 'decoded', text: bytes.toString('utf8') }
}

export interface FileText {
  readonly text: string
  /** The file again with another text in it. */
  encode(text: string): string
}

/** The text of an inline file, or null when it is a picture. Throws GW_UNSCANNABLE for content that no rule can read. */
export function readFile(value: string, path: string): FileText | null {
  const comma = value.startsWith('data:') ? value.indexOf(',') : -1
  if (comma > 256) throw unscannable(path)
  const head = value.slice(0, comma + 1)
  const rest = value.slice(comma + 1)
  const encoded = comma === -1 ? isBase64(rest) : head.toLowerCase().endsWith(';base64,')
  if (!encoded) return { text: rest, encode: text => head + text }
  if (isPicture(head.slice(5).toLowerCase(), rest.slice(0, 64))) return null
  const bytes = decodeBase64(rest, path)
  if (!isReadable(bytes)) throw unscannable(path)
  return { text: bytes.toString('utf8'), encode: text => head + Buffer.from(text, 'utf8').toString('base64') }
}

/** Words can be valid base64 too, so short ones are taken for what they say. */
function isBase64(value: string): boolean {
  return value.length >= 32 && value.length % 4 === 0 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value)
}

/** True for base64 of a picture, judged by its first bytes. */
export function isPictureData(value: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(value) && isPicture('image/', value.slice(0, 64))
}

/** The refusal of a part that no rule can read. */
export function unscannable(path: string): GatewayError {
  return new GatewayError('GW_UNSCANNABLE', { detail: `It stands at ${path}.` })
}

function looksBase64(value: string): boolean {
  return /^[A-Za-z0-9+/=_-]{256}/.test(value)
}

/** A picture by its type and by its first bytes, so that the type alone opens no way round the shield. */
function isPicture(type: string, start: string): boolean {
  if (!type.startsWith('image/') || type.startsWith('image/svg')) return false
  const head = Buffer.from(start, 'base64').toString('latin1')
  return (
    head.startsWith('\x89PNG\r\n\x1a\n') ||
    head.startsWith('\xff\xd8\xff') ||
    head.startsWith('GIF8') ||
    head.startsWith('BM') ||
    head.startsWith('II*\0') ||
    head.startsWith('MM\0*') ||
    (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') ||
    (head.slice(4, 8) === 'ftyp' && /^(?:avif|avis|heic|heix|mif1|msf1)/.test(head.slice(8)))
  )
}

/** Strict: a decoder skips what is no base64 and stops at padding, and what it leaves out would be forwarded unread. */
function decodeBase64(text: string, path: string): Buffer {
  if (!/^[A-Za-z0-9+/_\r\n-]*={0,2}[\r\n]*$/.test(text)) throw unscannable(path)
  return Buffer.from(text, 'base64')
}

function isReadable(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0)
}
