/** Which headers cross the model path in either direction. Everything else, above all credentials, stays on its side. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Dialect, Target } from '../contract/index.ts'
import type { AnswerHeaders } from './upstream/upstream.ts'

const COMMON = [
  'accept',
  'user-agent',
  'http-referer',
  'referer',
  'x-title',
  'idempotency-key',
  'x-stainless-retry-count',
]

const TO_PROVIDER: Readonly<Record<Dialect, readonly string[]>> = {
  openai: [...COMMON, 'openai-organization', 'openai-project', 'openai-beta'],
  anthropic: [...COMMON, 'anthropic-version', 'anthropic-beta', 'x-app'],
}

/** What a provider's address needs by default, and a caller may know better: the version its client was written for. */
const CALLER_WINS = new Set(['anthropic-version'])

const TO_CALLER =
  /^(?:(?:x-)?request-id|retry-after|retry-after-ms|openai-(?:model|organization|processing-ms|version)|anthropic-(?:organization-id|ratelimit-[\w-]+)|x-ratelimit-[\w-]+|x-should-retry)$/

/** Characters that may stand in a header's value. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** `mayPass` is asked about the text of the caller's headers: they are as much a way out as the body. */
export function headersToProvider(
  incoming: IncomingHttpHeaders,
  target: Target,
  mayPass: (text: string) => boolean,
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json', 'accept-encoding': 'identity' }
  const passing = takeHeaders(TO_PROVIDER[target.dialect], incoming)
  if (mayPass(Object.values(passing).join('\n'))) Object.assign(headers, passing)
  for (const given of Object.keys(target.headers)) {
    const name = given.toLowerCase()
    if (!(CALLER_WINS.has(name) && name in headers)) headers[name] = target.headers[given] ?? ''
  }
  return headers
}

export function headersToCaller(answer: AnswerHeaders, mayPass: (text: string) => boolean): Record<string, string> {
  const passing = takeHeaders(
    Object.keys(answer).filter(name => TO_CALLER.test(name)),
    answer,
  )
  return mayPass(Object.values(passing).join('\n')) ? passing : {}
}

function takeHeaders(names: readonly string[], from: AnswerHeaders): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of names) {
    const value = from[name]
    if (typeof value === 'string' && VALUE.test(value)) headers[name] = value
  }
  return headers
}

export function headerText(answer: AnswerHeaders, name: string): string {
  const value = answer[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}
