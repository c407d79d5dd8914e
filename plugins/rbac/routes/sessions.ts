import { ApiError, defineRoute, type RouteSpec, reply } from 'clawnex/contract'
import { Type } from 'typebox'
import type { AccessControl } from '../access.ts'
import type { SessionCookie } from '../sessions/cookie.ts'
import { ABSOLUTE_MS, IDLE_MS, type SessionStore } from '../sessions/store.ts'

const SessionSchema = Type.Object({
  id: Type.String(),
  createdAt: Type.Integer(),
  seenAt: Type.Integer({ description: 'Coarse, at most one write a minute.' }),
  endsAt: Type.Integer({ description: 'When it ends without further use, or for good.' }),
  current: Type.Boolean({ description: 'True for the session that asks.' }),
})

export function sessionRoutes(sessions: SessionStore, access: AccessControl, cookie: SessionCookie): RouteSpec[] {
  const list = defineRoute({
    method: 'GET',
    path: '/sessions',
    summary: 'Lists open sessions, last used first.',
    permission: 'rbac.read',
    query: Type.Object({ scope: Type.Optional(Type.Union([Type.Literal('own'), Type.Literal('all')])) }),
    reply: Type.Object({ items: Type.Array(SessionSchema) }),
    handle: ({ query, actor }) => ({
      items: sessions
        .list()
        .filter(session => query.scope !== 'own' || session.id === actor?.id)
        .map(session => ({
          ...session,
          endsAt: Math.min(session.seenAt + IDLE_MS, session.createdAt + ABSOLUTE_MS),
          current: session.id === actor?.id,
        })),
    }),
  })

  const end = defineRoute({
    method: 'DELETE',
    path: '/sessions/:id',
    summary: 'Ends a session. Its streams close at once.',
    permission: 'rbac.sessions',
    audit: 'rbac.session.ended',
    params: Type.Object({ id: Type.String({ maxLength: 40 }) }),
    errors: ['API_NOT_FOUND'],
    handle({ params }) {
      if (!sessions.end(params.id)) throw new ApiError('API_NOT_FOUND', { detail: 'No open session has this id.' })
      access.revoked(params.id)
      return undefined
    },
  })

  const logout = defineRoute({
    method: 'POST',
    path: '/logout',
    summary: 'Ends the session that asks and clears what the browser keeps.',
    permission: 'rbac.self',
    audit: 'rbac.session.logout',
    handle({ actor }) {
      if (actor?.kind !== 'session') {
        throw new ApiError('API_BAD_REQUEST', { detail: 'Only a session can be ended this way; revoke a key instead.' })
      }
      sessions.end(actor.id)
      access.revoked(actor.id)
      const headers = { 'set-cookie': cookie.ended(), 'clear-site-data': '"cache", "cookies", "storage"' }
      return reply(204, undefined, headers)
    },
  })

  return [list, end, logout]
}
