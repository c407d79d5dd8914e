/**
 * Which addresses an operator may enter for a provider. Loopback and private networks are legitimate (local model servers);
 * link-local ones are refused, because instance metadata with credentials lives there, and so is whatever is not a single host.
 *
 * One parser decides and connects: the URL object is passed on, and addresses are checked again at the moment of connecting, so a
 * name cannot answer differently between check and use.
 */
import { BlockList, isIP } from 'node:net'
import { ApiError, type Dialect } from 'clawnex/contract'

const refused = new BlockList()
refused.addSubnet('0.0.0.0', 8, 'ipv4')
refused.addSubnet('169.254.0.0', 16, 'ipv4')
refused.addSubnet('224.0.0.0', 3, 'ipv4')
// Metadata services outside the link-local range.
refused.addAddress('100.100.100.200', 'ipv4')
refused.addAddress('fd00:ec2::254', 'ipv6')
refused.addAddress('::', 'ipv6')
refused.addSubnet('fe80::', 10, 'ipv6')
refused.addSubnet('fec0::', 10, 'ipv6')
refused.addSubnet('ff00::', 8, 'ipv6')

const near = new BlockList()
near.addSubnet('127.0.0.0', 8, 'ipv4')
near.addSubnet('10.0.0.0', 8, 'ipv4')
near.addSubnet('172.16.0.0', 12, 'ipv4')
near.addSubnet('192.168.0.0', 16, 'ipv4')
near.addSubnet('100.64.0.0', 10, 'ipv4')
near.addAddress('::1', 'ipv6')
near.addSubnet('fc00::', 7, 'ipv6')

/** Names that only a local resolver knows, so a key sent to them in clear stays on the local network. */
const LOCAL_NAME = /^(?:[^.]+|.*\.(?:localhost|local|lan|internal|home\.arpa))$/

/** Reads an entered address. Throws API_INVALID with what is wrong about it. Returns it without trailing slash. */
export function readBaseUrl(text: string): string {
  const url = readUrl(text)
  if (url.protocol === 'http:' && !isNear(hostOf(url))) {
    refuse('Outside the local network use https://, or the key travels in clear.')
  }
  return bare(url)
}

/** The same for the command line, where plain http is the operator's choice: such providers have no key. */
export function readRunUrl(text: string): string {
  return bare(readUrl(text))
}

function readUrl(text: string): URL {
  if (!URL.canParse(text)) refuse('This is not an address.')
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') refuse('An address begins with https:// or http://.')
  if (url.username !== '' || url.password !== '')
    refuse('Credentials do not belong into the address; use the key field.')
  if (url.search !== '' || url.hash !== '') refuse('The base address has no query and no fragment.')
  const host = hostOf(url)
  if (isIP(host) !== 0 && !mayConnect(host)) refuse('Link-local, metadata and multicast addresses are refused.')
  return url
}

function bare(url: URL): string {
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** Host of a URL without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** True when this IP address may be connected to. */
export function mayConnect(ip: string): boolean {
  const inner = embeddedIpv4(ip)
  if (inner !== null) return mayConnect(inner)
  return !refused.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
}

function isNear(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return LOCAL_NAME.test(host)
  return near.check(embeddedIpv4(host) ?? host, embeddedIpv4(host) === null && family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * The IPv4 address inside an IPv6 one: mapped and compatible (::/80), NAT64 (64:ff9b::/96) and 6to4 (2002::/16). Block lists of
 * IPv4 ranges miss all but the mapped form.
 */
export function embeddedIpv4(ip: string): string | null {
  if (isIP(ip) !== 6) return null
  const groups = expand(ip)
  const low = [groups[6] as number, groups[7] as number] as const
  const zero = groups.slice(0, 5).every(group => group === 0)
  if (zero && (groups[5] === 0xffff || (groups[5] === 0 && (low[0] !== 0 || low[1] > 1)))) return dotted(...low)
  if (groups[0] === 0x64 && groups[1] === 0xff9b) return dotted(...low)
  if (groups[0] === 0x2002) return dotted(groups[1] as number, groups[2] as number)
  return null
}

/** Eight 16-bit groups of a valid IPv6 address. */
function expand(ip: string): number[] {
  const bare = ip
    .replace(/%.*$/, '')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
      [a, b, c, d]
        .map(Number)
        .reduce((text, byte, i) => text + (i === 2 ? ':' : '') + byte.toString(16).padStart(2, '0'), ''),
    )
  const [head = '', tail] = bare.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...middle, ...right].map(group => Number.parseInt(group, 16))
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function refuse(message: string): never {
  throw new ApiError('API_INVALID', { detail: message, errors: [{ pointer: '/baseUrl', message }] })
}

/**
 * The address below which a provider's routes lie. Addresses of the Anthropic dialect are written with and without the version,
 * as the vendor's own clients add it.
 */
export function versionedBase(dialect: Dialect, baseUrl: string): string {
  return dialect === 'anthropic' && !/\/v1\/*$/.test(baseUrl) ? `${baseUrl.replace(/\/+$/, '')}/v1` : baseUrl
}
