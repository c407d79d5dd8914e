/** What travels with a Koa context, and who is behind it. */
import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import { type Access, type Actor, type CataloguedError, isCatalogued } from '../contract/index.ts'
import type { Exchange } from './options.ts'
import type { Limiter } from './rate.ts'
import { addressGroup } from './rate.ts'

const exchanges = new WeakMap<object, Exchange>()

export function openExchange(ctx: Context): Exchange {
  const exchange = { trace: randomUUID(), actor: null, refusal: null, address: ctx.req.socket.remoteAddress ?? '' }
  exchanges.set(ctx.req, exchange)
  return exchange
}

export function exchangeOf(ctx: Context): Exchange {
  const exchange = exchanges.get(ctx.req)
  if (exchange === undefined) throw new Error('the request did not come through the dispatcher')
  return exchange
}

/**
 * Finds the actor. A wrong credential is remembered, not thrown: public routes answer all the same. Throws API_RATE when an
 * address sent too many wrong ones.
 */
export function identify(ctx: Context, access: Access, limiter: Limiter): Exchange {
  const before = exchangeOf(ctx)
  const found = authenticate(ctx, access)
  if (found.refusal !== null) limiter.take('failed', addressGroup(before.address))
  const exchange = { ...before, ...found }
  exchanges.set(ctx.req, exchange)
  return exchange
}

function authenticate(ctx: Context, access: Access): { actor: Actor | null; refusal: CataloguedError | null } {
  const { cookie, authorization, 'x-api-key': apiKey } = ctx.req.headers
  try {
    const actor = access.authenticate({
      cookie,
      authorization,
      apiKey: Array.isArray(apiKey) ? apiKey.join(', ') : apiKey,
      remoteAddress: ctx.req.socket.remoteAddress ?? '',
    })
    return { actor, refusal: null }
  } catch (error) {
    if (!isCatalogued(error) || error.entry.status >= 500) throw error
    return { actor: null, refusal: error }
  }
}
