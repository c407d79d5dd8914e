import { type Actor, ApiError, defineRoute, holds, type Permissions, type RouteSpec, reply } from 'clawnex/contract'
import { Type } from 'typebox'
import type { AccessControl } from '../access.ts'
import type { KeyStore, StoredKey } from '../keys/store.ts'
import { checkDeclared, checkEscalation } from '../permissions.ts'

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 90

const KeySchema = Type.Object({
  id: Type.String(),
  kind: Type.Union([Type.Literal('model'), Type.Literal('api')]),
  name: Type.String(),
  last4: Type.String({ description: 'The last four characters; the rest is known to nobody.' }),
  permissions: Type.Array(Type.String()),
  models: Type.Union([Type.Array(Type.String()), Type.Null()]),
  createdAt: Type.Integer(),
  expiresAt: Type.Union([Type.Integer(), Type.Null()]),
  revokedAt: Type.Union([Type.Integer(), Type.Null()]),
  lastUsedAt: Type.Union([Type.Integer(), Type.Null()], { description: 'Coarse, at most one write a minute.' }),
})

const NewKeySchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 60, pattern: '^[^\\u0000-\\u001f\\u007f]+$' }),
  kind: Type.Union([Type.Literal('model'), Type.Literal('api')]),
  permissions: Type.Optional(
    Type.Array(Type.String({ pattern: '^(\\*|[a-z0-9-]+\\.[a-z0-9-]+)$', maxLength: 80 }), {
      maxItems: 200,
      uniqueItems: true,
      description: 'For API keys: permission names, or * for all that there are.',
    }),
  ),
  models: Type.Optional(
    Type.Union(
      [
        Type.Array(Type.String({ pattern: '^[a-z0-9-]+/\\S+$', maxLength: 200 }), {
          minItems: 1,
          maxItems: 200,
          uniqueItems: true,
        }),
        Type.Null(),
      ],
      { description: 'For model keys: provider/model or provider/*; null or absent allows all.' },
    ),
  ),
  expiresInDays: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1, maximum: 3650 }), Type.Null()], {
      description: 'Default 90; null for a key that never ends.',
    }),
  ),
})

const PermissionSchema = Type.Object({
  name: Type.String(),
  title: Type.String(),
  mayGrant: Type.Boolean({ description: 'Whether the caller holds it: nobody grants what they do not hold.' }),
})

export interface KeyRouteParts {
  readonly keys: KeyStore
  readonly access: AccessControl
  /** Everything that can be granted now; undefined where the kernel does not tell. */
  readonly permissions: () => Permissions | undefined
  readonly publish: () => void
  readonly now: () => number
}

export function keyRoutes({ keys, access, permissions, publish, now }: KeyRouteParts): RouteSpec[] {
  const declared = () => permissions()?.list()

  const list = defineRoute({
    method: 'GET',
    path: '/keys',
    summary: 'Lists keys, newest first, never a key itself.',
    permission: 'rbac.read',
    reply: Type.Object({ items: Type.Array(KeySchema) }),
    probe: true,
    handle: () => ({ items: keys.list().map(mutable) }),
  })

  const create = defineRoute({
    method: 'POST',
    path: '/keys',
    summary: 'Makes a key. The answer holds it; it is not shown again.',
    permission: 'rbac.keys',
    audit: 'rbac.key.created',
    body: NewKeySchema,
    status: 201,
    reply: Type.Object({ secret: Type.String({ description: 'The key, shown this once.' }), key: KeySchema }),
    errors: ['API_FORBIDDEN'],
    handle({ body, actor }) {
      checkKind(body.kind, body.permissions ?? [], body.models ?? null)
      const known = declared()
      if (known !== undefined) checkDeclared(known, body.permissions ?? [])
      checkEscalation(actor as Actor, body.permissions ?? [])
      const days = body.expiresInDays === undefined ? DEFAULT_DAYS : body.expiresInDays
      const { secret, key } = keys.create({
        kind: body.kind,
        name: body.name,
        permissions: body.permissions ?? [],
        models: body.models ?? null,
        expiresAt: days === null ? null : now() + days * DAY_MS,
      })
      publish()
      return reply(201, { secret, key: mutable(key) }, { location: `/api/v1/rbac/keys/${key.id}` })
    },
  })

  const revoke = defineRoute({
    method: 'DELETE',
    path: '/keys/:id',
    summary: 'Revokes a key. It stops working at once, also in open streams.',
    permission: 'rbac.keys',
    audit: 'rbac.key.revoked',
    params: Type.Object({ id: Type.String({ maxLength: 40 }) }),
    errors: ['API_NOT_FOUND'],
    handle({ params }) {
      if (!keys.revoke(params.id)) throw new ApiError('API_NOT_FOUND', { detail: 'No valid key has this id.' })
      publish()
      access.revoked(params.id)
      return undefined
    },
  })

  const grantable = defineRoute({
    method: 'GET',
    path: '/permissions',
    summary: 'Lists all permissions there are, and whether the caller may grant them.',
    permission: 'rbac.read',
    reply: Type.Object({ items: Type.Array(PermissionSchema) }),
    handle: ({ actor }) => ({
      items: (declared() ?? []).map(({ name, title }) => ({ name, title, mayGrant: holds(actor as Actor, name) })),
    }),
  })

  return [list, create, revoke, grantable]
}

function checkKind(kind: StoredKey['kind'], permissions: readonly string[], models: readonly string[] | null): void {
  if (kind === 'model' && permissions.length > 0) {
    refuse('/permissions', 'A model key has no permissions; it works on the model path only.')
  }
  if (kind === 'api' && models !== null)
    refuse('/models', 'An API key has no models; it does not work on the model path.')
  if (kind === 'api' && permissions.length === 0) refuse('/permissions', 'Name at least one permission.')
}

function refuse(pointer: string, message: string): never {
  throw new ApiError('API_INVALID', { detail: message, errors: [{ pointer, message }] })
}

function mutable(key: StoredKey) {
  return { ...key, permissions: [...key.permissions], models: key.models === null ? null : [...key.models] }
}
