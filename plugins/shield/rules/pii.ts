import { ibanLength, isIssuedSsn, passesLuhn } from '../engine/checks.ts'
import type { Hit, Rule } from '../engine/types.ts'

/** Digits of the first group run of a slice that may be a card, a social security number or neither. */
const NUMBER = /^\d(?:[ -]?\d){8,22}/
const SSN = /^\d{3}([- ])\d{2}\1\d{4}$/
/** Issuer ranges and their lengths. */
const ISSUER =
  /^(?:4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|(?:5018|5020|5038|6304|6759|676[1-3])\d{8,15}|1800\d{11}|2131\d{11})$/

function findNumber(slice: string): Hit | null {
  const text = NUMBER.exec(slice)?.[0]
  if (text === undefined || /[\w]/.test(slice[text.length] ?? '') || /^[.,]\d/.test(slice.slice(text.length)))
    return null
  const digits = text.replace(/\D/g, '')
  return ISSUER.test(digits) && passesLuhn(digits) && /[^0]{3}/.test(digits.slice(4))
    ? { start: 0, end: text.length }
    : null
}

function findSsn(slice: string): Hit | null {
  const text = slice.slice(0, 11)
  if (!SSN.test(text) || /[\w-]/.test(slice[11] ?? '') || !isIssuedSsn(text)) return null
  return { start: 0, end: 11 }
}

const number = (slice: string): Hit | null => findNumber(slice) ?? ssnHit(slice)
const ssnHit = (slice: string): Hit | null => {
  const hit = findSsn(slice)
  return hit === null ? null : { ...hit, severity: 'high' }
}

/** Identifiers of people and accounts. Cards, accounts and social security numbers are taken out; addresses are only noted. */
export const PII: readonly Rule[] = [
  {
    id: 'pii.number',
    category: 'pii',
    severity: 'high',
    weight: 0.6,
    title: 'Card or social security number',
    keywords: [],
    verify: number,
    sensor: 'number',
    stop: 'line',
    max: 40,
    examples: {
      must: ['Card 4539 1488 0343 6467 expires soon', 'SSN 219-09-9998 on file'],
      not: ['Order 4539 1488 0343 6468', 'build 1732545872123', 'phone 555-123-4567', 'SSN 000-12-3456'],
    },
  },
  {
    id: 'pii.iban',
    category: 'pii',
    severity: 'high',
    weight: 0.6,
    title: 'Bank account number (IBAN)',
    keywords: [],
    verify: slice => {
      const length = ibanLength(slice)
      return length === 0 ? null : { start: 0, end: length }
    },
    sensor: 'iban',
    stop: 'line',
    max: 44,
    examples: { must: ['Pay to DE89 3704 0044 0532 0130 00 today'], not: ['DE88 3704 0044 0532 0130 00', 'US12 3456'] },
  },
  {
    id: 'pii.email',
    category: 'pii',
    severity: 'low',
    weight: 0.05,
    title: 'E-mail address',
    keywords: ['@'],
    match: '[\\w.+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,40})\\.){1,4}[A-Za-z]{2,16}',
    sensor: 'mail',
    boundary: false,
    stop: 'token',
    max: 140,
    examples: { must: ['write to jane.doe@mail.acme.org now'], not: ['npm i @scope/name', 'user@localhost'] },
  },
]
