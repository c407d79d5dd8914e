import { type Dialect, GatewayError, type ModelEntry, type Router, type Target } from 'clawnex/contract'
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
  readonly headers: Readonly<Record<string, string>> | null
}

/**
 * Resolves model names. `provider/model` splits at the first slash. Any other name, also one whose first part is no provider,
 * counts as a plain model name: it resolves when exactly one provider lists it. A name that nobody lists is never guessed to be
 * someone's: a mistyped provider must not send a prompt to another one.
 * Nothing is translated here: a provider of another dialect than the call's resolves only when no other is meant, so that the
 * model path can name it in its refusal.
 */
export function createRouter(
  open: (sealed: string, place: string) => string,
  warn: (provider: string, error: unknown) => void,
): Router & { replace(table: ProviderTable | undefined): void } {
  let byId: ReadonlyMap<string, Entry> = new Map()
  /** Ids that name a provider which is switched off. */
  let unserved: ReadonlySet<string> = new Set()

  function resolvePlain(name: string, dialect: Dialect): Target | null {
    const listing = [...byId.values()].filter(({ provider }) => provider.models?.includes(name))
    const speaking = listing.filter(({ provider }) => provider.dialect === dialect)
    const [only, second] = speaking.length > 0 ? speaking : listing
    return only && !second ? toTarget(only, name) : null
  }

  return {
    replace(table) {
      byId = new Map(
        (table?.providers ?? []).map(provider => [
          provider.id,
          { provider, headers: openHeaders(provider, open, warn) },
        ]),
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
      return served ? toTarget(entry, model) : null
    },

    models(): ModelEntry[] {
      const listed = [...byId.values()].flatMap(({ provider }) =>
        (provider.models ?? []).map(model => ({
          id: `${provider.id}/${model}`,
          provider: provider.id,
          demo: false,
          dialects: [provider.dialect],
        })),
      )
      return [...listed, { id: DEMO_ID, provider: 'clawnex', demo: true, dialects: ['openai', 'anthropic'] }]
    },
  }
}

/** Null when the key cannot be opened: such a provider is refused at each call instead of being called without its key. */
function openHeaders(
  provider: PublishedProvider,
  open: (sealed: string, place: string) => string,
  warn: (provider: string, error: unknown) => void,
): Record<string, string> | null {
  try {
    const key = provider.sealedKey === null ? null : open(provider.sealedKey, keyPlace(provider.id))
    return keyHeaders(provider.dialect, key)
  } catch (error) {
    warn(provider.id, error)
    return null
  }
}

function toTarget({ provider, headers }: Entry, model: string): Target {
  if (headers === null) {
    throw new GatewayError('GW_INTERNAL', {
      detail: `The key of provider "${provider.id}" cannot be opened on this installation; enter it again.`,
    })
  }
  return {
    provider: provider.id,
    model,
    route: 'direct',
    dialect: provider.dialect,
    baseUrl: provider.baseUrl,
    headers,
    timeouts: provider.timeouts,
    price: ownPrice(provider, model),
  }
}

function ownPrice(provider: PublishedProvider, model: string): Target['price'] {
  if (Object.hasOwn(provider.prices, model)) return provider.prices[model] ?? null
  return Object.hasOwn(provider.prices, '*') ? (provider.prices['*'] ?? null) : null
}
