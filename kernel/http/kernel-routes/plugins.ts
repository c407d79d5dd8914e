import { type Static, Type } from 'typebox'
import { type Actor, defineRoute, type RouteSpec } from '../../contract/index.ts'
import { type KernelRouteParts, kernelOf, mutable, pluginOf } from './parts.ts'
import { PluginSchema, TransactionSchema, UiEntrySchema } from './schemas.ts'

export const PluginParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) })

export function pluginRoutes(parts: KernelRouteParts): RouteSpec[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/plugins',
      summary: 'Lists all plugins with state, generations and what they own.',
      permission: 'kernel.read',
      reply: Type.Object({ items: Type.Array(PluginSchema) }),
      handle: () => ({ items: mutable<Static<typeof PluginSchema>[]>([...kernelOf(parts).status()]) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/plugins/:id',
      summary: 'Shows one plugin.',
      permission: 'kernel.read',
      params: PluginParams,
      reply: PluginSchema,
      errors: ['PLG_UNKNOWN'],
      handle: ({ params }) => mutable<Static<typeof PluginSchema>>(pluginOf(parts, params.id)),
    }),
    defineRoute({
      method: 'POST',
      path: '/plugins/:id/reload',
      summary: 'Loads a plugin again from its folder, while the old generation serves until the swap.',
      permission: 'kernel.plugins',
      audit: 'kernel.plugin.reloaded',
      rate: 'write',
      params: PluginParams,
      reply: TransactionSchema,
      errors: ['PLG_UNKNOWN', 'PLG_STUCK', 'PLG_SETUP_FAILED', 'PLG_PROBE_FAILED', 'PLG_GATEWAY_REFUSED'],
      async handle({ params, actor }) {
        const { name } = actor as Actor
        return mutable<Static<typeof TransactionSchema>>(await kernelOf(parts).reload(params.id, name))
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/transactions',
      summary: 'Lists the latest loads of plugins, newest first.',
      permission: 'kernel.read',
      reply: Type.Object({ items: Type.Array(TransactionSchema) }),
      handle: () => ({ items: mutable<Static<typeof TransactionSchema>[]>([...kernelOf(parts).transactions()]) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/ui',
      summary: 'Lists the UI modules in force.',
      permission: 'kernel.read',
      reply: Type.Object({ items: Type.Array(UiEntrySchema) }),
      handle: () => ({ items: mutable<Static<typeof UiEntrySchema>[]>([...kernelOf(parts).snapshot().ui]) }),
    }),
  ]
}
