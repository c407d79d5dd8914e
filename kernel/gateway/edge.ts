/** Checks of a request that need neither its body nor its key. */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../contract/index.ts'
import type { Limits } from './limits.ts'

/**
 * Refuses what does not come from a program on this machine: foreign names (a rebinding page), two Host lines, pages of other
 * origins. Throws GW_HOST, GW_ORIGIN or GW_BODY. Nothing of the request may be trusted or recorded before.
 */
export function checkCaller(request: IncomingMessage, port: number, limits: Limits): void {
  const raw = request.rawHeaders
  if (raw.length / 2 > limits.headerLines) throw new GatewayError('GW_BODY', { detail: 'It has too many headers.' })
  let host: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]?.length !== 4 || raw[at]?.toLowerCase() !== 'host') continue
    if (host !== undefined) throw new GatewayError('GW_BODY', { detail: 'It has more than one Host line.' })
    host = raw[at + 1]
  }
  if (!isOwnHost(host, port)) throw new GatewayError('GW_HOST')
  if (request.httpVersionMajor < 1) throw new GatewayError('GW_BODY', { detail: 'It is not HTTP/1.1.' })
  checkOrigin(request, port)
}

function isOwnHost(host: string | undefined, port: number): boolean {
  const name = host?.toLowerCase()
  return name === `127.0.0.1:${port}` || name === `localhost:${port}` || name === `[::1]:${port}`
}

function checkOrigin(request: IncomingMessage, port: number): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  const own = origin === undefined || (origin.startsWith('http://') && isOwnHost(origin.slice(7), port))
  if (!own || site === 'cross-site' || site === 'same-site') throw new GatewayError('GW_ORIGIN')
}

/**
 * Types that carry a JSON call. `curl -d` declares a form unless told otherwise; that is harmless here, because a page of
 * another origin cannot add the key and was refused before.
 */
const JSON_TYPE =
  /^(?:application\/(?:[\w.-]+\+)?json|application\/x-www-form-urlencoded)\s*(?:;\s*charset="?utf-8"?\s*)?$/i

/** Throws GW_METHOD, GW_CONTENT_TYPE or GW_TOO_LARGE. */
export function checkCallHeaders(request: IncomingMessage, limits: Limits): void {
  if (request.method !== 'POST') throw new GatewayError('GW_METHOD')
  const { 'content-type': type, 'content-encoding': encoding, 'content-length': length } = request.headers
  if (type !== undefined && !JSON_TYPE.test(type)) throw new GatewayError('GW_CONTENT_TYPE')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new GatewayError('GW_CONTENT_TYPE', { detail: 'Its content encoding is not taken.' })
  if (Number(length ?? 0) > limits.requestBytes) throw tooLarge(limits)
}

export function tooLarge(limits: Limits): GatewayError {
  return new GatewayError('GW_TOO_LARGE', { detail: `The limit is ${limits.requestBytes} bytes.` })
}

function isOwnKey(key: string): boolean {
  return key.startsWith('cnx_')
}

/** The key of a call, from `Authorization: Bearer` or `x-api-key`. Throws GW_KEY_MISSING, or GW_BODY for two different ones. */
export function readKey(request: IncomingMessage): string {
  const { authorization, 'x-api-key': direct } = request.headers
  const bearer = authorization === undefined ? undefined : /^bearer +([^\s,]+)$/i.exec(authorization)?.[1]
  const given = [bearer, direct].filter(key => typeof key === 'string' && key !== '') as string[]
  // Clients of Anthropic's API send a provider's key from their environment beside ours. It goes no further.
  const own = new Set(given.length > 1 && given.some(isOwnKey) ? given.filter(isOwnKey) : given)
  const [key, other] = own
  if (key === undefined) throw new GatewayError('GW_KEY_MISSING')
  if (other !== undefined) throw new GatewayError('GW_BODY', { detail: 'It carries two different keys.' })
  return key
}

/** Path without its query. */
export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** Query without its question mark; empty when there is none. */
export function queryOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  return query === -1 ? '' : url.slice(query + 1)
}
