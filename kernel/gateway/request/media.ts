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
  const bytes = Buffer.from(value.slice(comma + 1), 'base64')
  if (!isReadable(bytes)) throw unscannable(path)
  return { kind: 'decoded', text: bytes.toString('utf8') }
}

function unscannable(path: string): GatewayError {
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

function isReadable(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0)
}
