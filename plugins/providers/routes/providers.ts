import { ApiError, defineRoute, type RouteSpec, reply } from 'clawnex/contract'
import { type Static, Type } from 'typebox'
import { fetchModels } from '../address/fetch.ts'
import { readBaseUrl, versionedBase } from '../address/rules.ts'
import { keyHeaders } from '../headers.ts'
import { PRESETS } from '../presets.ts'
import { DEFAULT_TIMEOUTS, type Provider, type ProviderInput, type ProviderStore } from '../store.ts'
import {
  CreateBody,
  PresetSchema,
  ProviderId,
  ProviderSchema,
  TestSchema,
  UpdateBody,
  type UpdateInput,
} from './schemas.ts'

type Shown = Static<typeof ProviderSchema>

/** Names the product itself uses. */
const RESERVED = new Set(['clawnex', 'litellm', 'internal'])

const DEMO: Shown = {
  id: 'clawnex',
  title: 'Demo model',
  dialect: 'openai',
  baseUrl: '',
  keyLast4: null,
  enabled: true,
  route: 'direct',
  models: ['demo'],
  prices: { '*': { input: 0, output: 0, currency: 'USD', trust: 'included' } },
  timeouts: DEFAULT_TIMEOUTS,
  source: 'builtin',
  serves: true,
  version: 0,
  createdAt: null,
}

const Params = Type.Object({ id: ProviderId })

export function providerRoutes(store: ProviderStore, ofRun: readonly Provider[], publish: () => void): RouteSpec[] {
  const list = defineRoute({
    method: 'GET',
    path: '',
    summary: 'Lists providers: stored ones, those of this run and the demo model. Never a key.',
    permission: 'providers.read',
    reply: Type.Object({ items: Type.Array(ProviderSchema), presets: Type.Array(PresetSchema) }),
    probe: true,
    handle: () => ({
      items: [...ofRun.map(show), ...store.list().map(show), DEMO],
      presets: PRESETS.map(preset => ({ ...preset })),
    }),
  })

  const create = defineRoute({
    method: 'POST',
    path: '',
    summary: 'Adds a provider. The key is sealed at once and never shown again.',
    permission: 'providers.manage',
    audit: 'providers.provider.created',
    body: CreateBody,
    status: 201,
    reply: ProviderSchema,
    errors: ['API_CONFLICT'],
    handle({ body }) {
      if (RESERVED.has(body.id) || ofRun.some(provider => provider.id === body.id)) {
        throw new ApiError('API_CONFLICT', { detail: `The name "${body.id}" is taken.` })
      }
      const input = merge({ ...body, baseUrl: body.baseUrl }, { ...EMPTY, title: body.id })
      const provider = store.create(body.id, { ...input, key: body.key ?? null })
      publish()
      return reply(201, show(provider), { location: `/api/v1/providers/${provider.id}` })
    },
  })

  const update = defineRoute({
    method: 'PATCH',
    path: '/:id',
    summary: 'Changes a provider. Members left out stay as they are.',
    permission: 'providers.manage',
    audit: 'providers.provider.changed',
    params: Params,
    body: UpdateBody,
    reply: ProviderSchema,
    errors: ['API_NOT_FOUND', 'API_PRECONDITION'],
    handle({ params, body, ifMatch }) {
      const before = store.get(params.id)
      const version = ifMatch === undefined ? before.version : Number(ifMatch)
      const provider = store.update(params.id, merge(body, before), version)
      publish()
      return show(provider)
    },
  })

  const remove = defineRoute({
    method: 'DELETE',
    path: '/:id',
    summary: 'Removes a provider and its key.',
    permission: 'providers.manage',
    audit: 'providers.provider.removed',
    params: Params,
    errors: ['API_NOT_FOUND'],
    handle({ params }) {
      if (!store.remove(params.id))
        throw new ApiError('API_NOT_FOUND', { detail: `There is no stored provider "${params.id}".` })
      publish()
      return undefined
    },
  })

  const test = defineRoute({
    method: 'POST',
    path: '/:id/test',
    summary: 'Asks the provider for its models with the stored key. Costs nothing.',
    permission: 'providers.manage',
    audit: 'providers.provider.tested',
    rate: 'expensive',
    params: Params,
    reply: TestSchema,
    errors: ['API_NOT_FOUND', 'RUN_SECRET_UNREADABLE'],
    async handle({ params, signal }) {
      const { baseUrl, dialect, source } = ofRun.find(entry => entry.id === params.id) ?? store.get(params.id)
      const key = source === 'run' ? null : store.openKey(params.id)
      const result = await fetchModels(
        { baseUrl: versionedBase(dialect, baseUrl), headers: keyHeaders(dialect, key) },
        signal,
      )
      return { ...result, models: result.models === null ? null : [...result.models] }
    },
  })

  return [list, create, update, remove, test]
}

const EMPTY: ProviderInput = {
  title: '',
  dialect: 'openai',
  baseUrl: '',
  enabled: true,
  route: 'auto',
  models: null,
  prices: {},
  timeouts: DEFAULT_TIMEOUTS,
}

/** The provider as it will be. A new address without its key would send the old key somewhere else, so it drops the key. */
function merge(change: UpdateInput, before: ProviderInput): ProviderInput {
  const baseUrl = change.baseUrl === undefined ? before.baseUrl : readBaseUrl(change.baseUrl)
  const moved = before.baseUrl !== '' && new URL(baseUrl).origin !== new URL(before.baseUrl).origin
  const key = change.key === undefined && moved ? null : change.key
  return {
    title: change.title ?? before.title,
    dialect: change.dialect ?? before.dialect,
    baseUrl,
    enabled: change.enabled ?? before.enabled,
    route: change.route ?? before.route,
    models: change.models === undefined ? before.models : change.models,
    prices: change.prices ?? before.prices,
    timeouts: change.timeouts ?? before.timeouts,
    ...(key === undefined ? {} : { key }),
  }
}

function show(provider: Provider): Shown {
  const { models, prices } = provider
  return {
    ...provider,
    models: models === null ? null : [...models],
    prices: prices as Shown['prices'],
    serves: provider.enabled,
  }
}
