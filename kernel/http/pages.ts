/** Everything a browser opens that is not the API: shell, assets, one-time links. */
import type { Context } from 'koa'
import { type Access, ApiError } from '../contract/index.ts'
import type { UiHost } from '../ports.ts'
import type { Exchange } from './options.ts'
import { addressGroup, type Limiter } from './rate.ts'

const IMMUTABLE = 'public, max-age=31536000, immutable'
const PLAIN_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

function sendPage(ctx: Context, status: number, page: { readonly html: string; readonly csp: string }): void {
  ctx.status = status
  ctx.body = page.html
  ctx.type = 'text/html; charset=utf-8'
  ctx.set('content-security-policy', page.csp)
}

/** A file below `/assets/`. Public: it is the same for everyone and holds no data. */
export function sendAsset(ctx: Context, uiHost: UiHost | undefined): void {
  const asset = uiHost?.asset(ctx.path) ?? null
  if (asset === null) throw new ApiError('API_NOT_FOUND')
  ctx.vary('accept-encoding')
  const encoding = chooseEncoding(ctx.get('accept-encoding'), asset.brotli !== null, asset.gzip !== null)
  ctx.body = encoding === 'br' ? asset.brotli : encoding === 'gzip' ? asset.gzip : asset.body
  if (encoding !== 'identity') ctx.set('content-encoding', encoding)
  ctx.type = asset.type
  ctx.set('cache-control', IMMUTABLE)
}

/** The smallest form the client takes. */
function chooseEncoding(header: string, brotli: boolean, gzip: boolean): 'br' | 'gzip' | 'identity' {
  const taken = new Set<string>()
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...params] = part.split(';').map(item => item.trim())
    const refused = params.some(param => /^q=0(?:\.0*)?$/.test(param))
    if (!refused) taken.add(name)
  }
  if (brotli && taken.has('br')) return 'br'
  return gzip && taken.has('gzip') ? 'gzip' : 'identity'
}

/**
 * Takes a one-time link. A browser does not send a SameSite=Strict cookie on a navigation that another site began, mail
 * programs included; then a page of our own repeats the navigation, and that one counts as ours. The token is not used up
 * by that page.
 */
export function openLink(
  ctx: Context,
  parts: { readonly access: Access; readonly uiHost: UiHost | undefined; readonly limiter: Limiter },
): void {
  if (ctx.method === 'HEAD') throw new ApiError('API_METHOD')
  if (isCrossSite(ctx)) {
    sendAgain(ctx, ctx.url)
    return
  }
  const token = new URLSearchParams(ctx.querystring).get('token') ?? ''
  const opened = /^[\x21-\x7e]{1,512}$/.test(token) ? parts.access.redeemLink(token) : null
  if (opened !== null) {
    ctx.status = 303
    ctx.set('location', '/')
    ctx.set('set-cookie', opened.setCookie)
    ctx.body = ''
    return
  }
  parts.limiter.take('failed', addressGroup(ctx.req.socket.remoteAddress ?? ''))
  sendPage(ctx, 410, noSession(parts.uiHost))
}

/** The shell for whoever has a session; the way to one for everybody else. */
export function openShell(ctx: Context, exchange: Exchange, uiHost: UiHost | undefined): void {
  // Without a cookie on a navigation from elsewhere there may still be a session, see `openLink`.
  const isUnsure = exchange.actor === null && exchange.refusal === null && isCrossSite(ctx)
  if (exchange.actor !== null && uiHost !== undefined) sendPage(ctx, 200, uiHost.shell())
  else if (isUnsure) sendAgain(ctx, ctx.url)
  else sendPage(ctx, 401, noSession(uiHost))
}

function isCrossSite(ctx: Context): boolean {
  const site = ctx.req.headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}

function sendAgain(ctx: Context, url: string): void {
  const target = escapeHtml(url.startsWith('//') ? '/' : url)
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${target}"><title>ClawNex</title></head><body><p><a href="${target}">Continue to ClawNex</a></p></body></html>`
  sendPage(ctx, 200, { html, csp: PLAIN_CSP })
}

/** While the plugins start, a browser waits and asks again. */
export function sendStarting(ctx: Context, why: string): void {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>ClawNex</title></head><body><p>ClawNex: ${escapeHtml(why)}. This page asks again every second.</p></body></html>`
  ctx.set('retry-after', '1')
  sendPage(ctx, 503, { html, csp: PLAIN_CSP })
}

function noSession(uiHost: UiHost | undefined): { html: string; csp: string } {
  if (uiHost !== undefined) return uiHost.noSession()
  const html =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ClawNex</title></head><body><p>No session. Run <code>clawnex open</code> for a new link.</p></body></html>'
  return { html, csp: PLAIN_CSP }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
