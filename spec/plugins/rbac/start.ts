import type Database from 'better-sqlite3'
import { ACCESS, type Access, type Actor, type RunOptions } from '../../../kernel/contract/index.ts'
import migration from '../../../plugins/rbac/migrations/0001-keys-and-sessions.ts'
import server from '../../../plugins/rbac/server.ts'
import { type ServerBench, serveBench } from '../../fixtures/plugin-host.ts'

export interface Rbac {
  readonly bench: ServerBench
  readonly access: Access
  /** The actor of a request with this bearer key. */
  bearer(key: string): Actor | null
  /** The actor of a request with this Cookie header. */
  cookie(header: string): Actor | null
  /** Opens a link, takes it and returns the Cookie header a browser would send. */
  signIn(): string
}

export async function startRbac(
  options: { db?: Database.Database; run?: Partial<RunOptions>; services?: ReadonlyMap<string, unknown> } = {},
): Promise<Rbac> {
  const bench = await serveBench('rbac', server, [migration], options)
  const access = bench.service(ACCESS)
  const none = { cookie: undefined, authorization: undefined, apiKey: undefined, remoteAddress: '127.0.0.1' }
  return {
    bench,
    access,
    bearer: key => access.authenticate({ ...none, authorization: `Bearer ${key}` }),
    cookie: header => access.authenticate({ ...none, cookie: header }),
    signIn() {
      const redeemed = access.redeemLink(access.openLink().token)
      if (redeemed === null) throw new Error('link refused')
      return redeemed.setCookie.split(';')[0] as string
    },
  }
}
