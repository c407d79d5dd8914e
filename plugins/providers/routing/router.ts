import {
  type Dialect,
  GatewayError,
  type LiteLlm,
  type LiteLlmProvider,
  type ModelEntry,
  type Router,
  type Target,
} from 'clawnex/contract'
import { keyPlace, type ProviderTable, type PublishedProvider } from '../contract.ts'
import { answerDemo, DEMO_MODEL } from '../demo/model.ts'
import { keyHeaders } from '../headers.ts'

const DEMO_ID = `clawnex/${DEMO_MODEL}`

const demoTarget = (dialect: Dialect): Target => ({
  provider: 'clawnex',
  model: DEMO_MODEL,
  route: 'demo',
  dialect,
  baseUrl: '',
  headers: {},
  timeouts: { firstByte: 10_000, idle: 10_000 },
  price: { input: 0, output: 0, currency: 'USD', trust: 'included' },
  local: answerDemo,
})

const DEMO_TARGETS: Readonly<Record<Dialect, Target>> = {
  openai: demoTarget('openai'),
  anthropic: demoTarget('anthropic'),
}

interface Entry {
  readonly provider: PublishedProvider
  /** Undefined when it cannot be opened, null when there is none. */
  readonly key: string | null | undefined
}

export interface RouterParts {
  readonly open: (sealed: string, place: string) => string
  readonly warn: (provider: string, error: unknown) => void
  readonly litellm: () => LiteLlm | undefined
}

export interface ProviderRouter extends Router {
  replace(table: ProviderTable | undefined): void
  /** The providers that LiteLLM shall be able to reach. */
  viaLiteLlm(): LiteLlmProvider[]
}

/**
 * Resolves model names. `provider/model` splits at the first slash. Any other name, also one whose first part is no provider,
 * counts as a plain model name: it resolves when exactly one provider lists it. A name that nobody lists is never guessed to be
 * someone's: a mistyped provider must not send a prompt to another one.
 * Nothing is translated here; LiteLLM does that, where a provider's policy allows it. Without it a provider of another dialect
 * than the call's resolves only when no other is meant, so that the model path can name it in its refusal.
 */
export function createRouter({ open, warn, litellm }: RouterParts): ProviderRouter {
  let byId: ReadonlyMap<string, Entry> = new Map()
  /** Ids that name a provider which is switched off. */
  let unserved: ReadonlySet<string> = new Set()

  function resolvePlain(name: string, dialect: Dialect): Target | null {
    const listing = [...byId.values()].filter(({ provider }) => provider.models?.includes(name))
    const speaking = listing.filter(({ provider }) => provider.dialect === dialect)
    const [only, second] = speaking.length > 0 ? speaking : listing
    return only && !second ? toTarget(only, name, dialect, litellm()) : null
  }

  return {
    replace(table) {
      byId = new Map(
        (table?.providers ?? []).map(provider => [provider.id, { provider, key: openKey(provider, open, warn) }]),
      )
      unserved = new Set(table?.disabled ?? [])
    },

    resolve(name, dialect = 'openai') {
      if (name === DEMO_ID) return DEMO_TARGETS[dialect]
      const slash = name.indexOf('/')
      const id = slash > 0 ? name.slice(0, slash) : ''
      const entry = byId.get(id)
      if (entry === undefined) return name === '' || unserved.has(id) ? null : resolvePlain(name, dialect)
      const model = name.slice(slash + 1)
      const served = model !== '' && (entry.provider.models === null || entry.provider.models.includes(model))
      return served ? toTarget(entry, model, dialect, litellm()) : null
    },

    viaLiteLlm() {
      return [...byId.values()].flatMap(({ provider: { id, dialect, baseUrl, route }, key }) =>
        route === 'direct' || key === undefined ? [] : [{ id, dialect, baseUrl, key }],
      )
    },

    models(): ModelEntry[] {
      const via = litellm()
      const listed = [...byId.values()].flatMap(({ provider }) =>
        (provider.models ?? []).map(model => ({
          id: `${provider.id}/${model}`,
          provider: provider.id,
          demo: false,
          ...(isTranslated(provider, via) ? {} : { dialects: [provider.dialect] }),
        })),
      )
      return [...listed, { id: DEMO_ID, provider: 'clawnex', demo: true, dialects: ['openai', 'anthropic'] }]
    },
  }
}

/** Undefined when the key cannot be opened: such a provider is refused at each call instead of being called without its key. */
function openKey(provider: PublishedProvider, open: RouterParts['open'], warn: RouterParts['warn']) {
  try {
    return provider.sealedKey === null ? null : open(provider.sealedKey, keyPlace(provider.id))
  } catch (error) {
    warn(provider.id, error)
    return undefined
  }
}

function isTranslated({ id, route }: PublishedProvider, litellm: LiteLlm | undefined): boolean {
  return route !== 'direct' && (litellm?.endpoint(id) ?? null) !== null
}

/** Throws GW_LITELLM for a call that only LiteLLM could carry, while it is worth waiting for. */
function toTarget(entry: Entry, model: string, dialect: Dialect, litellm: LiteLlm | undefined): Target {
  const { provider, key } = entry
  if (key === undefined) {
    throw new GatewayError('GW_INTERNAL', {
      detail: `The key of provider "${provider.id}" cannot be opened on this installation; enter it again.`,
    })
  }
  const common = { provider: provider.id, model, timeouts: provider.timeouts, price: ownPrice(provider, model) }
  const direct: Target = {
    ...common,
    route: 'direct',
    dialect: provider.dialect,
    baseUrl: provider.baseUrl,
    headers: keyHeaders(provider.dialect, key),
  }
  if (provider.route === 'direct') return direct
  const endpoint = litellm?.endpoint(provider.id) ?? null
  if (endpoint !== null) return { ...common, ...endpoint, route: 'litellm', dialect, sentAs: `${provider.id}/${model}` }
  const isLost = provider.route === 'litellm' || (provider.dialect !== dialect && litellm?.expected() === true)
  if (isLost) throw new GatewayError('GW_LITELLM', { detail: `Provider "${provider.id}".` })
  return direct
}

function ownPrice(provider: PublishedProvider, model: string): Target['price'] {
  if (Object.hasOwn(provider.prices, model)) return provider.prices[model] ?? null
  return Object.hasOwn(provider.prices, '*') ? (provider.prices['*'] ?? null) : null
}
