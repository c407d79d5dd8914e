import { ApiError, type Db, type Dialect, type Secrets } from 'clawnex/contract'
import { keyPlace, type Price, type PublishedProvider, type RoutePolicy } from './contract.ts'

export interface Provider {
  readonly id: string
  readonly title: string
  readonly dialect: Dialect
  readonly baseUrl: string
  /** The last four characters of the key, null without one. */
  readonly keyLast4: string | null
  readonly enabled: boolean
  readonly route: RoutePolicy
  readonly models: readonly string[] | null
  readonly prices: Readonly<Record<string, Price>>
  readonly timeouts: { readonly firstByte: number; readonly idle: number }
  /** `run` for providers given on the command line, which end with this run. */
  readonly source: 'stored' | 'run'
  readonly version: number
  readonly createdAt: number | null
}

/** What a person enters. `key` undefined keeps the stored one, null removes it. */
export interface ProviderInput {
  readonly title: string
  readonly dialect: Dialect
  readonly baseUrl: string
  readonly key?: string | null
  readonly enabled: boolean
  readonly route: RoutePolicy
  readonly models: readonly string[] | null
  readonly prices: Readonly<Record<string, Price>>
  readonly timeouts: { readonly firstByte: number; readonly idle: number }
}

interface Row {
  id: string
  title: string
  dialect: Dialect
  base_url: string
  key: string | null
  key_last4: string | null
  enabled: number
  route: RoutePolicy
  models: string | null
  prices: string
  first_byte_ms: number
  idle_ms: number
  version: number
  created_at: number
}

export const DEFAULT_TIMEOUTS = { firstByte: 120_000, idle: 60_000 } as const

export type ProviderStore = ReturnType<typeof createProviderStore>

/** Providers at rest. A key is sealed before it touches the database, and opened only to test the provider. */
export function createProviderStore(db: Db, secrets: Secrets, now: () => number) {
  const all = db.prepare<[], Row>('SELECT * FROM providers_provider ORDER BY id')
  const byId = db.prepare<[string], Row>('SELECT * FROM providers_provider WHERE id = ?')
  const insert = db.prepare(
    `INSERT INTO providers_provider
       (id, title, dialect, base_url, key, key_last4, enabled, route, models, prices, first_byte_ms, idle_ms, created_at, updated_at)
     VALUES (@id, @title, @dialect, @baseUrl, @key, @last4, @enabled, @route, @models, @prices, @firstByte, @idle, @at, @at)
     ON CONFLICT DO NOTHING`,
  )
  const change = db.prepare(
    `UPDATE providers_provider SET title = @title, dialect = @dialect, base_url = @baseUrl, key = @key, key_last4 = @last4,
       enabled = @enabled, route = @route, models = @models, prices = @prices, first_byte_ms = @firstByte, idle_ms = @idle,
       version = version + 1, updated_at = @at
     WHERE id = @id AND version = @version`,
  )
  const remove = db.prepare<[string]>('DELETE FROM providers_provider WHERE id = ?')

  function need(id: string): Row {
    const row = byId.get(id)
    if (row === undefined) throw new ApiError('API_NOT_FOUND', { detail: `There is no stored provider "${id}".` })
    return row
  }

  return {
    list: (): Provider[] => all.all().map(toProvider),
    get: (id: string): Provider => toProvider(need(id)),
    has: (id: string): boolean => byId.get(id) !== undefined,

    create(id: string, input: ProviderInput): Provider {
      const key = input.key ?? null
      const sealed = { key: key === null ? null : secrets.seal(key, keyPlace(id)), last4: lastFour(key) }
      if (insert.run({ ...columns(input), ...sealed, id, at: now() }).changes === 0) {
        throw new ApiError('API_CONFLICT', { detail: `A provider "${id}" exists already.` })
      }
      return toProvider(need(id))
    },

    /** Throws API_PRECONDITION when `version` is no longer current. */
    update(id: string, input: ProviderInput, version: number): Provider {
      const row = need(id)
      const sealed =
        input.key === undefined
          ? { key: row.key, last4: row.key_last4 }
          : { key: input.key === null ? null : secrets.seal(input.key, keyPlace(id)), last4: lastFour(input.key) }
      if (change.run({ ...columns(input), ...sealed, id, version, at: now() }).changes === 0) {
        throw new ApiError('API_PRECONDITION', { detail: `The provider is at version ${row.version}.` })
      }
      return toProvider(need(id))
    },

    remove: (id: string): boolean => remove.run(id).changes > 0,

    /** The key itself. Throws RUN_SECRET_UNREADABLE. */
    openKey(id: string): string | null {
      const { key } = need(id)
      return key === null ? null : secrets.open(key, keyPlace(id))
    },

    disabled: (): string[] =>
      all
        .all()
        .filter(row => row.enabled === 0)
        .map(row => row.id),

    published: (): PublishedProvider[] =>
      all
        .all()
        .filter(row => row.enabled === 1)
        .map(row => {
          const { id, dialect, baseUrl, route, models, prices, timeouts } = toProvider(row)
          return { id, dialect, baseUrl, route, models, prices, timeouts, sealedKey: row.key }
        }),
  }
}

function columns(input: ProviderInput) {
  return {
    title: input.title,
    dialect: input.dialect,
    baseUrl: input.baseUrl,
    enabled: input.enabled ? 1 : 0,
    route: input.route,
    models: input.models === null ? null : JSON.stringify(input.models),
    prices: JSON.stringify(input.prices),
    firstByte: input.timeouts.firstByte,
    idle: input.timeouts.idle,
  }
}

/** Of a short key nothing is told: four characters of eight would be half of it. */
function lastFour(key: string | null): string | null {
  return key === null ? null : key.length < 16 ? '' : key.slice(-4)
}

function toProvider(row: Row): Provider {
  return {
    id: row.id,
    title: row.title,
    dialect: row.dialect,
    baseUrl: row.base_url,
    keyLast4: row.key_last4,
    enabled: row.enabled === 1,
    route: row.route,
    models: row.models === null ? null : (JSON.parse(row.models) as string[]),
    prices: JSON.parse(row.prices) as Record<string, Price>,
    timeouts: { firstByte: row.first_byte_ms, idle: row.idle_ms },
    source: 'stored',
    version: row.version,
    createdAt: row.created_at,
  }
}
