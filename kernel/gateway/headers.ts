/** Which headers cross the model path in either direction. Everything else, above all credentials, stays on its side. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Target } from '../contract/index.ts'
import type { AnswerHeaders } from './upstream/upstream.ts'

const TO_PROVIDER = [
  'accept',
  'user-agent',
  'openai-organization',
  'openai-project',
  'openai-beta',
  'http-referer',
  'referer',
  'x-title',
  'idempotency-key',
  'x-stainless-retry-count',
]

const TO_CALLER =
  /^(?:x-request-id|retry-after|retry-after-ms|openai-(?:model|organization|processing-ms|version)|x-ratelimit-[\w-]+|x-should-retry)$/

/** Characters that may stand in a header's value. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

export function headersToProvider(incoming: IncomingHttpHeaders, target: Target): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'accept-encoding': 'identity' }
  for (const name of TO_PROVIDER) {
    const value = incoming[name]
    if (typeof value === 'string') headers[name] = value
  }
  for (const name of Object.keys(target.headers)) headers[name.toLowerCase()] = target.headers[name] ?? ''
  return headers
}

export function headersToCaller(answer: AnswerHeaders): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of Object.keys(answer)) {
    const value = answer[name]
    if (typeof value === 'string' && TO_CALLER.test(name) && VALUE.test(value)) headers[name] = value
  }
  return headers
}

export function headerText(answer: AnswerHeaders, name: string): string {
  const value = answer[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}
