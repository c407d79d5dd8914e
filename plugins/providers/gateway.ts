import { defineGatewayPlugin, ROUTER } from 'clawnex/contract'
import { PROVIDER_TABLE } from './contract.ts'
import { createRouter } from './routing/router.ts'

export default defineGatewayPlugin({
  setup(host) {
    const router = createRouter(
      (sealed, place) => host.secrets.open(sealed, place),
      (provider, error) => host.log.error({ provider, err: error }, 'provider key cannot be opened'),
    )
    router.replace(host.snapshot(PROVIDER_TABLE))
    host.onSnapshot(PROVIDER_TABLE, table => router.replace(table))
    host.contribute(ROUTER, router)
  },
})
