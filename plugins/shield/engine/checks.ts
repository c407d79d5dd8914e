import type { CheckName } from './types.ts'

/** Shannon entropy in bits per character. */
export function entropyOf(text: string): number {
  const counts = new Map<number, number>()
  for (let i = 0; i < text.length; i++) counts.set(text.charCodeAt(i), (counts.get(text.charCodeAt(i)) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** ISO/IEC 7812: the check digit of payment cards. Separators are skipped. */
export function passesLuhn(text: string): boolean {
  let sum = 0
  let digits = 0
  for (let i = text.length - 1; i >= 0; i--) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) continue
    const value = digits++ % 2 === 1 ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return digits >= 12 && sum % 10 === 0
}

/** ISO 13616 lengths by country. */
const IBAN_LENGTH: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 ' +
    'FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 ' +
    'LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 ' +
    'SK24 SM27 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20'
  )
    .split(' ')
    .map(entry => [entry.slice(0, 2), Number(entry.slice(2))]),
)

/** How many characters of `text`, separators included, an IBAN at its start takes; 0 when there is none. */
export function ibanLength(text: string): number {
  const wanted = IBAN_LENGTH[text.slice(0, 2).toUpperCase()]
  if (wanted === undefined) return 0
  let plain = ''
  let at = 0
  for (; at < text.length && plain.length < wanted; at++) {
    const char = text[at]!
    if (/[A-Za-z0-9]/.test(char)) plain += char.toUpperCase()
    else if ((char !== ' ' && char !== '-') || !/[A-Za-z0-9]/.test(text[at + 1] ?? '')) return 0
  }
  if (plain.length !== wanted || /[A-Za-z0-9]/.test(text[at] ?? '')) return 0
  return mod97(plain.slice(4) + plain.slice(0, 4)) === 1 ? at : 0
}

function mod97(text: string): number {
  let rest = 0
  for (const char of text) {
    const value = Number.parseInt(char, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

export function crc32(text: string): number {
  let value = 0xffffffff
  for (let i = 0; i < text.length; i++) value = CRC[(value ^ text.charCodeAt(i)) & 0xff]! ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function base62(value: number, width: number): string {
  let text = ''
  for (let rest = value; text.length < width; rest = Math.floor(rest / 62)) text = BASE62[rest % 62] + text
  return text
}

/** GitHub and npm put a base62 CRC32 of the random part into the last six characters. */
function passesGithubCrc(token: string): boolean {
  const at = token.indexOf('_')
  const body = token.slice(at + 1, -6)
  return base62(crc32(body), 6) === token.slice(-6)
}

/** Three base64url parts whose first is a JSON object with an algorithm. */
function isJwt(token: string): boolean {
  const [head = ''] = token.split('.')
  try {
    const parsed: unknown = JSON.parse(atob(head.replace(/-/g, '+').replace(/_/g, '/')))
    return typeof parsed === 'object' && parsed !== null && ('alg' in parsed || 'enc' in parsed || 'typ' in parsed)
  } catch {
    // Not base64 or not JSON: no token.
    return false
  }
}

const PLACEHOLDER =
  /example|sample|placeholder|changeme|change[-_ ]?(?:me|it|this)|your[-_ ]|my[-_ ]?(?:secret|password|token|key)|insert|replace|redacted|dummy|fake|test[-_]?(?:key|token|secret|password)|x{4,}|\*{3,}|\.{3,}|<[^>]+>|\$\{|\{\{|%\(|todo|fixme|lorem|abcdefgh|qwerty|0123456789|1234567890|process\.env|os\.environ|getenv|null|undefined|none$|true$|false$|^function|\(\)|(.)\1{11,}|^(?:user|username|pass|passwd|password|secret|token|admin|root|test|foo|bar|pw|key|login)$/i

/** False for what stands in documentation where a secret would stand in life. */
function isNoPlaceholder(text: string): boolean {
  return !PLACEHOLDER.test(text) && !/^(.)\1+$/.test(text) && new Set(text).size > 4
}

/** Letters of both kinds and digits mixed as chance would, not words joined by marks. */
function looksRandom(text: string): boolean {
  if (!isNoPlaceholder(text)) return false
  const digits = text.replace(/\D/g, '').length
  if (digits === 0)
    return /[a-z]/.test(text) && /[A-Z]/.test(text.slice(1)) && text.length >= 20 && entropyOf(text) > 3.8
  return entropyOf(text) >= Math.min(3.4, Math.log2(text.length) - 0.9)
}

/** Area, group and serial that were never issued are no numbers of people. */
export function isIssuedSsn(text: string): boolean {
  const [area = '', group = '', serial = ''] = text.split(/[- ]/)
  return (
    area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000' && text !== '078-05-1120'
  )
}

export const CHECKS: Readonly<Record<CheckName, (text: string) => boolean>> = {
  luhn: passesLuhn,
  iban: text => ibanLength(text) > 0,
  ssn: isIssuedSsn,
  'github-crc': passesGithubCrc,
  jwt: isJwt,
  'aws-id': text => !/EXAMPLE$/.test(text) && /[2-7A-Z]{16}$/.test(text.slice(4)),
  cnx: text => text.length >= 20,
  random: looksRandom,
  'not-placeholder': isNoPlaceholder,
}
