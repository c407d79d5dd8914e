import { randomBytes } from 'node:crypto'
import type { Db } from 'clawnex/contract'
import type { PublishedKey } from '../contract.ts'
import { hashSecret, type KeyKind, mintKey } from './format.ts'

export interface StoredKey {
  readonly id: string
  readonly kind: KeyKind
  readonly name: string
  readonly last4: string
  /** Permission names, `*` for all. Empty for model keys. */
  readonly permissions: readonly string[]
  readonly models: readonly string[] | null
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** Coarse: at most one write a minute for each key. */
  readonly lastUsedAt: number | null
}

export interface NewKey {
  readonly kind: KeyKind
  readonly name: string
  readonly permissions: readonly string[]
  readonly models: readonly string[] | null
  readonly expiresAt: number | null
}

interface Row {
  id: string
  kind: KeyKind
  name: string
  hash: string
  last4: string
  permissions: string
  models: string | null
  created_at: number
  expires_at: number | null
  disabled_at: number | null
  last_used_at: number | null
}

export type KeyStore = ReturnType<typeof createKeyStore>

const USE_STEP_MS = 60_000

/** Keys at rest: hash, last four characters and rights. The key itself exists only in the return value of `create`. */
export function createKeyStore(db: Db, now: () => number) {
  const insert = db.prepare(
    `INSERT INTO rbac_key (id, kind, name, hash, last4, permissions, models, created_at, expires_at, first)
     VALUES (@id, @kind, @name, @hash, @last4, @permissions, @models, @createdAt, @expiresAt, @first)`,
  )
  const all = db.prepare<[], Row>('SELECT * FROM rbac_key ORDER BY created_at DESC, id')
  const byId = db.prepare<[string], Row>('SELECT * FROM rbac_key WHERE id = ?')
  const byHash = db.prepare<[string], Row>('SELECT * FROM rbac_key WHERE hash = ?')
  const valid = db.prepare<[string, number], { id: string }>(
    'SELECT id FROM rbac_key WHERE id = ? AND disabled_at IS NULL AND (expires_at IS NULL OR expires_at > ?)',
  )
  const expired = db.prepare<[number, number], { id: string }>(
    'SELECT id FROM rbac_key WHERE disabled_at IS NULL AND expires_at > ? AND expires_at <= ?',
  )
  const disable = db.prepare<[number, string]>(
    'UPDATE rbac_key SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL',
  )
  const use = db.prepare<[number, string, number]>(
    'UPDATE rbac_key SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)',
  )
  const countOwn = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM rbac_key WHERE first = 0 OR first = 2')
  const dropUntaken = db.prepare('DELETE FROM rbac_key WHERE first = 1')
  const markTaken = db.prepare('UPDATE rbac_key SET first = 2 WHERE first = 1')
  const lastWrite = new Map<string, number>()

  function add(key: NewKey, first: 0 | 1): { secret: string; key: StoredKey } {
    const secret = mintKey(key.kind)
    const id = `key_${randomBytes(8).toString('hex')}`
    insert.run({
      id,
      kind: key.kind,
      name: key.name,
      hash: hashSecret(secret),
      last4: secret.slice(-4),
      permissions: JSON.stringify(key.permissions),
      models: key.models === null ? null : JSON.stringify(key.models),
      createdAt: now(),
      expiresAt: key.expiresAt,
      first,
    })
    return { secret, key: toKey(byId.get(id) as Row) }
  }

  return {
    create: (key: NewKey) => add(key, 0),

    /**
     * The two keys of a new data folder, or null when it has had keys before. First keys that nobody took (the process died
     * in between) are replaced, because nobody can know them.
     */
    mintFirst: db.transaction((): { modelKey: string; apiKey: string } | null => {
      if ((countOwn.get()?.n ?? 0) > 0) return null
      dropUntaken.run()
      const common = { models: null, expiresAt: null }
      const model = add({ ...common, kind: 'model', name: 'first model key', permissions: [] }, 1)
      const api = add({ ...common, kind: 'api', name: 'first API key', permissions: ['*'] }, 1)
      return { modelKey: model.secret, apiKey: api.secret }
    }),
    confirmFirst: () => void markTaken.run(),

    list: (): StoredKey[] => all.all().map(toKey),
    get: (id: string): StoredKey | undefined => optional(byId.get(id)),
    find: (secret: string): StoredKey | undefined => optional(byHash.get(hashSecret(secret))),
    isValid: (id: string): boolean => valid.get(id, now()) !== undefined,
    /** Ids whose time ran out after `since`. */
    expiredSince: (since: number): string[] => expired.all(since, now()).map(row => row.id),
    /** False when the key is unknown or was revoked before. */
    revoke: (id: string): boolean => disable.run(now(), id).changes > 0,

    touch(id: string, at: number): void {
      if (at - (lastWrite.get(id) ?? 0) < USE_STEP_MS) return
      lastWrite.set(id, at)
      use.run(at, id, at - USE_STEP_MS)
    },

    /** What the gateway may know: valid model keys only. */
    published: (): PublishedKey[] =>
      all
        .all()
        .filter(row => row.kind === 'model' && isLive(row, now()))
        .map(row => ({
          id: row.id,
          hash: row.hash,
          last4: row.last4,
          name: row.name,
          models: row.models === null ? null : (JSON.parse(row.models) as string[]),
          expiresAt: row.expires_at,
        })),
  }
}

export function isUsable(key: StoredKey, at: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > at)
}

function isLive(row: Row, at: number): boolean {
  return row.disabled_at === null && (row.expires_at === null || row.expires_at > at)
}

function optional(row: Row | undefined): StoredKey | undefined {
  return row === undefined ? undefined : toKey(row)
}

function toKey(row: Row): StoredKey {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    last4: row.last4,
    permissions: JSON.parse(row.permissions) as string[],
    models: row.models === null ? null : (JSON.parse(row.models) as string[]),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.disabled_at,
    lastUsedAt: row.last_used_at,
  }
}
