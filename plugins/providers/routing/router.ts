import { GatewayError, type ModelEntry, type Router, type Target } from 'clawnex/contract'
import { keyPlace, type ProviderTable, type PublishedProvider } from '../contract.ts'
import { answerDemo, DEMO_MODEL } from '../demo/model.ts'
import { keyHeaders } from '../headers.ts'

const DEMO_ID = `clawnex/${DEMO_MODEL}`

const DEMO_TARGET: Target = {
  provider: 'clawnex',
  model: DEMO_MODEL,
  route: 'demo',
  dialect: 'openai',
  baseUrl: '',
  headers: {},
  timeouts: { firstByte: 10_000, idle: 10_000 },
  price: { input: 0, output: 0, currency: 'USD', trust: 'included' },
  local: answerDemo,
}

interface Entry {
  readonly provider: PublishedProvider
  readonly headers: Readonly<Record<string, string>> | null
}

/**
 * Resolves model names. `provider/model` splits at the first slash. Any other name, also one whose first part is no provider,
 * counts as a plain model name: it resolves when exactly one provider lists it. A name that nobody lists is never guessed to be
 * someone's: a mistyped provider must not send a prompt to another one.
 * Providers of another dialect than the call's do not resolve: nothing is translated here.
 */
export function createRouter(
  open: (sealed: string, place: string) => string,
  warn: (provider: string, error: unknown) => void,
): Router & { replace(table: ProviderTable | undefined): void } {
  let byId: ReadonlyMap<string, Entry> = new Map()
  /** Ids that name a provider which cannot serve the call: switched off, or of another dialect. */
  let unserved: ReadonlySet<string> = new Set()

  function resolvePlain(name: string): Target | null {
    const listing = [...byId.values()].filter(({ provider }) => provider.models?.includes(name))
    return listing.length === 1 ? toTarget(listing[0] as Entry, name) : null
  }

  return {
    replace(table) {
      byId = new Map(
        (table?.providers ?? [])
          .filter(provider => provider.dialect === 'openai')
          .map(provider => [provider.id, { provider, headers: openHeaders(provider, open, warn) }]),
      )
      unserved = new Set([
        ...(table?.disabled ?? []),
        ...(table?.providers ?? []).map(provider => provider.id).filter(id => !byId.has(id)),
      ])
    },

    resolve(name) {
      if (name === DEMO_ID) return DEMO_TARGET
      const slash = name.indexOf('/')
      const id = slash > 0 ? name.slice(0, slash) : ''
      const entry = byId.get(id)
      if (entry === undefined) return name === '' || unserved.has(id) ? null : resolvePlain(name)
      const model = name.slice(slash + 1)
      const served = model !== '' && (entry.provider.models === null || entry.provider.models.includes(model))
      return served ? toTarget(entry, model) : null
    },

    models(): ModelEntry[] {
      const listed = [...byId.values()].flatMap(({ provider }) =>
        (provider.models ?? []).map(model => ({ id: `${provider.id}/${model}`, provider: provider.id, demo: false })),
      )
      return [...listed, { id: DEMO_ID, provider: 'clawnex', demo: true }]
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
