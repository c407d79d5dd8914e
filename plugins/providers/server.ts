import { definePlugin, LITELLM_CONTROL, MODEL_PATH, type RunOptions } from 'clawnex/contract'
import { INTERNAL_KEYS } from '../rbac/contract.ts'
import { readRunUrl } from './address/rules.ts'
import { PROVIDER_TABLE, type PublishedProvider } from './contract.ts'
import { demoCallRoute } from './routes/demo-call.ts'
import { litellmRoutes } from './routes/litellm.ts'
import { providerRoutes } from './routes/providers.ts'
import { createProviderStore, DEFAULT_TIMEOUTS, type Provider } from './store.ts'

export default definePlugin({
  setup(host) {
    const store = createProviderStore(host.db, host.secrets, Date.now)
    const ofRun = host.run.upstreams.map(toProvider)
    const runIds = new Set(ofRun.map(provider => provider.id))

    // A provider of this run hides a stored one of the same name: the command line is the later word.
    const publish = () =>
      host.publish(PROVIDER_TABLE, {
        providers: [...ofRun.map(toPublished), ...store.published().filter(provider => !runIds.has(provider.id))],
        disabled: store.disabled().filter(id => !runIds.has(id)),
      })

    publish()
    for (const route of litellmRoutes(() => host.find(LITELLM_CONTROL))) host.route(route)
    for (const route of providerRoutes(store, ofRun, publish)) host.route(route)
    host.route(demoCallRoute(() => ({ path: host.find(MODEL_PATH), key: host.find(INTERNAL_KEYS)?.modelKey() })))
  },
})

function toProvider(upstream: RunOptions['upstreams'][number]): Provider {
  return {
    id: upstream.id,
    title: upstream.id,
    dialect: upstream.dialect,
    baseUrl: readRunUrl(upstream.url),
    keyLast4: null,
    enabled: true,
    route: 'auto',
    models: null,
    prices: {},
    timeouts: DEFAULT_TIMEOUTS,
    source: 'run',
    version: 0,
    createdAt: null,
  }
}

function toPublished(provider: Provider): PublishedProvider {
  const { id, dialect, baseUrl, route, models, prices, timeouts } = provider
  return { id, dialect, baseUrl, route, models, prices, timeouts, sealedKey: null }
}
