import { randomBytes } from 'node:crypto'
import type { RunOptions, Secrets } from '../../../kernel/contract/index.ts'
import { ROUTER, type Router } from '../../../kernel/contract/index.ts'
import { PROVIDER_TABLE } from '../../../plugins/providers/contract.ts'
import gateway from '../../../plugins/providers/gateway.ts'
import migration from '../../../plugins/providers/migrations/0001-providers.ts'
import routeMigration from '../../../plugins/providers/migrations/0002-route.ts'
import server from '../../../plugins/providers/server.ts'
import { gatewayBench, memorySecrets, type ServerBench, serveBench } from '../../fixtures/plugin-host.ts'

export interface Providers {
  readonly bench: ServerBench
  readonly secrets: Secrets
  /** The router after the gateway took the current snapshot. */
  router(): Promise<Router>
}

export async function startProviders(
  options: { run?: Partial<RunOptions>; services?: ReadonlyMap<string, unknown> } = {},
): Promise<Providers> {
  const secrets = memorySecrets()
  const bench = await serveBench('providers', server, [migration, routeMigration], { ...options, secrets })
  return {
    bench,
    secrets,
    async router() {
      const plane = await gatewayBench('providers', gateway, { secrets })
      plane.snapshot(PROVIDER_TABLE, bench.published(PROVIDER_TABLE))
      return plane.contributions(ROUTER)[0] as Router
    },
  }
}

/** A provider key that exists for this run of the spec only. */
export const randomKey = (): string => `spec-${randomBytes(20).toString('hex')}`
