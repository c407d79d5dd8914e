import { type Static, Type } from 'typebox'
import {
  ApiError,
  defineRoute,
  type GatewayStatus,
  MODEL_PATH,
  type ModelPath,
  type RouteSpec,
  sessionCookieName,
  tokenKey,
} from '../../contract/index.ts'
import { describeApi } from '../openapi.ts'
import { type KernelRouteParts, kernelOf, mutable } from './parts.ts'
import { MeSchema, type StatusSchema as Schema, StatusSchema } from './schemas.ts'

type Status = Static<typeof Schema>

/** The plugin whose presence in the gateway decides whether calls are judged. */
const SHIELD = 'shield'

export function statusRoutes(parts: KernelRouteParts): RouteSpec[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/status',
      summary: 'Says how both planes are: what the status line shows.',
      permission: 'kernel.read',
      reply: StatusSchema,
      handle: () => readStatus(parts),
    }),
    defineRoute({
      method: 'GET',
      path: '/me',
      summary: 'Says who the caller is. Any valid session or key may ask.',
      public: true,
      reply: MeSchema,
      errors: ['API_NO_CREDENTIAL'],
      handle({ actor }) {
        if (actor === null) throw new ApiError('API_NO_CREDENTIAL')
        const { id, name, kind, person, permissions } = actor
        const rbac = parts.access()?.mode ?? parts.run.rbac
        const names = permissions === '*' ? ('*' as const) : [...permissions].sort()
        return { id, name, kind, person, permissions: names, rbac }
      },
    }),
  ]
}

function readStatus(parts: KernelRouteParts): Status {
  const kernel = kernelOf(parts)
  const gateway = parts.gateway?.() ?? null
  const { ready, why } = parts.ready()
  const { version, uptimeMs } = parts.health()
  const plugins = kernel.status()
  const modelPath = kernel.snapshot().services.get(tokenKey(MODEL_PATH as never)) as ModelPath | undefined
  return {
    version,
    uptimeMs: Math.round(uptimeMs),
    dashboard: { ready, why: why ?? null, port: parts.port() },
    gateway: mutable<Status['gateway']>(gateway),
    modelUrl: modelPath?.url() ?? null,
    shield: shieldOf(gateway),
    plugins: {
      active: plugins.filter(plugin => plugin.state === 'active').length,
      failed: plugins.filter(plugin => plugin.error !== null).map(plugin => plugin.id),
    },
    streams: parts.streams(),
  }
}

function shieldOf(gateway: GatewayStatus | null): Status['shield'] {
  if (gateway === null || !gateway.connected) return { state: 'unknown', version: null }
  const shield = gateway.plugins.find(plugin => plugin.id === SHIELD)
  if (shield === undefined) return { state: 'absent', version: null }
  return { state: shield.generation > 0 ? 'active' : 'failed', version: shield.version }
}

/** Lives at `/api/v1/openapi.json`, beside the plugins. */
export function openApiRoute(parts: KernelRouteParts, own: () => readonly RouteSpec[]): RouteSpec {
  return defineRoute({
    method: 'GET',
    path: '',
    summary: 'This document.',
    permission: 'kernel.read',
    reply: Type.Record(Type.String(), Type.Unknown()),
    handle() {
      const { routes, generations } = kernelOf(parts).snapshot()
      const titles = new Map(generations.map(({ plugin, title }) => [plugin, title]))
      const groups = [...routes.values()].map(({ plugin, specs }) => ({
        plugin,
        title: titles.get(plugin) ?? plugin,
        specs,
      }))
      return describeApi(
        [{ plugin: 'kernel', title: 'Kernel', specs: own() }, ...groups],
        parts.run.version,
        sessionCookieName(parts.port()),
      )
    },
  })
}
