import { defineGatewayPlugin, LITELLM, ROUTER } from 'clawnex/contract'
import { PROVIDER_TABLE } from './contract.ts'
import { createRouter } from './routing/router.ts'

export default defineGatewayPlugin({
  setup(host) {
    const litellm = () => host.find(LITELLM)
    const router = createRouter({
      open: (sealed, place) => host.secrets.open(sealed, place),
      warn: (provider, error) => host.log.error({ provider, err: error }, 'provider key cannot be opened'),
      litellm,
    })
    router.replace(host.snapshot(PROVIDER_TABLE))
    host.onSnapshot(PROVIDER_TABLE, table => {
      router.replace(table)
      litellm()?.configure(router.viaLiteLlm())
    })
    host.contribute(ROUTER, router)
  },
})
