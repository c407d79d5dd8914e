import { defineRoute, type RouteSpec, reply } from 'clawnex/contract'
import { Type } from 'typebox'
import type { Settings, SettingsStore } from '../settings/store.ts'
import { SettingsSchema } from './schemas.ts'

export function settingsRoutes(settings: SettingsStore, publish: () => void): RouteSpec[] {
  const read = defineRoute({
    method: 'GET',
    path: '/settings',
    summary: 'Tells how much text is kept, and for how long.',
    permission: 'traffic.read',
    reply: SettingsSchema,
    handle: () => withTag(settings.get()),
  })

  const write = defineRoute({
    method: 'PUT',
    path: '/settings',
    summary: 'Sets how much text is kept, and for how long. Texts on record stay as they were stored.',
    permission: 'traffic.settings',
    audit: 'traffic.settings.set',
    body: Type.Object({ textMode: SettingsSchema.properties.textMode, days: SettingsSchema.properties.days }),
    reply: SettingsSchema,
    errors: ['API_PRECONDITION'],
    handle({ body, ifMatch }) {
      const version = ifMatch === undefined ? settings.get().version : Number(ifMatch)
      const changed = settings.set(body.textMode, body.days, version)
      publish()
      return withTag(changed)
    },
  })

  return [read, write]
}

function withTag(settings: Settings) {
  return reply(200, settings, { etag: `"${settings.version}"` })
}
