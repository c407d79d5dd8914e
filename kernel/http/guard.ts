/** Checks of a request that come before any routing and need neither its body nor its credentials. */
import type { IncomingMessage } from 'node:http'
import { ApiError } from '../contract/index.ts'

const MAX_HEADER_LINES = 100
const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]']
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
/** Lines that decide who asks or what is meant. Which of two would count must not depend on the parser. */
const SINGLE_LINES = new Set(['host', 'authorization', 'x-api-key', 'content-type', 'origin', 'if-match', 'cookie'])

export const ALLOW_ALL = [...METHODS].join(', ')

export interface Hosts {
  /** True for a value of the Host header that this server answers to. Compared as a whole, without parsing. */
  has(host: string): boolean
  isPublic(host: string): boolean
}

export function createHosts(port: () => number, publicNames: readonly string[]): Hosts {
  const names = new Set(publicNames.map(name => name.toLowerCase()))
  return {
    isPublic: host => names.has(host),
    has: host => names.has(host) || LOOPBACK_NAMES.some(name => host === `${name}:${port()}`),
  }
}

/**
 * Refuses what a person's browser or program would not send: foreign names (DNS rebinding), doubled lines, pages of other
 * origins. Gives back the own host of the request. Throws API_BAD_REQUEST, API_HEADERS, API_HOST, API_METHOD, API_ORIGIN.
 */
export function guardRequest(request: IncomingMessage, hosts: Hosts): string {
  if (request.httpVersionMajor !== 1) throw new ApiError('API_BAD_REQUEST', { detail: 'The request is not HTTP/1.1.' })
  checkLines(request.rawHeaders)
  const host = request.headers.host?.toLowerCase()
  if (host === undefined || host === '') throw new ApiError('API_BAD_REQUEST', { detail: 'There is no Host line.' })
  if (!hosts.has(host)) throw new ApiError('API_HOST')
  if (!METHODS.has(request.method ?? '')) throw new ApiError('API_METHOD')
  checkTarget(request.url ?? '')
  checkOrigin(request, host, hosts)
  return host
}

function checkLines(raw: readonly string[]): void {
  if (raw.length / 2 > MAX_HEADER_LINES) {
    throw new ApiError('API_HEADERS', { detail: `There are ${raw.length / 2} header lines.` })
  }
  const seen = new Set<string>()
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase()
    if (!SINGLE_LINES.has(name)) continue
    if (seen.has(name)) throw new ApiError('API_BAD_REQUEST', { detail: `There is more than one ${name} line.` })
    seen.add(name)
  }
}

/** Only the origin form is taken: with an absolute address, target and Host could name two different servers. */
function checkTarget(url: string): void {
  if (!url.startsWith('/')) throw new ApiError('API_BAD_REQUEST', { detail: 'The request target is not a path.' })
  let decoded: string
  try {
    decoded = decodeURIComponent(pathOf(url))
  } catch {
    // The cause says nothing beyond this.
    throw new ApiError('API_BAD_REQUEST', { detail: 'The path is not valid percent-encoding of UTF-8.' })
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(decoded) || decoded.split(/[/\\]/).some(part => part === '..' || part === '.')) {
    throw new ApiError('API_BAD_REQUEST', { detail: 'The path has control characters or dot segments.' })
  }
}

/** The path of a request target, still encoded. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/**
 * Other ports of this machine are "same-site" and get the session cookie even with SameSite=Strict, so for the API and for
 * every change only the own origin counts. Pages and links may be opened from anywhere: they change nothing.
 */
function checkOrigin(request: IncomingMessage, host: string, hosts: Hosts): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  const safe = request.method === 'GET' || request.method === 'HEAD'
  if (safe && !(request.url as string).startsWith('/api/')) return
  const own = hosts.isPublic(host) ? `https://${host}` : `http://${host}`
  if (origin !== undefined && origin.toLowerCase() !== own) throw new ApiError('API_ORIGIN')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new ApiError('API_ORIGIN')
}
