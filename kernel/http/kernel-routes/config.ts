import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { type Static, Type } from 'typebox'
import { type Actor, ApiError, defineRoute, type Manifest, type RouteSpec, reply } from '../../contract/index.ts'
import type { Store } from '../../ports.ts'
import { type KernelRouteParts, kernelOf, pluginOf } from './parts.ts'
import { PluginParams } from './plugins.ts'
import { ConfigSchema } from './schemas.ts'

type Config = Static<typeof ConfigSchema>

/** Etag of a configuration that was never written: the defaults of the schema are in force. */
const UNSET = 'unset'

export function configRoutes(parts: KernelRouteParts): RouteSpec[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/plugins/:id/config',
      summary: 'Shows the stored configuration of a plugin with its schema.',
      permission: 'kernel.config',
      params: PluginParams,
      reply: ConfigSchema,
      errors: ['PLG_UNKNOWN', 'API_NOT_FOUND'],
      handle({ params }) {
        const config = readConfig(parts, params.id)
        return reply(200, config, { etag: `"${config.etag}"` })
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/plugins/:id/config',
      summary: 'Replaces the configuration and loads the plugin with it; a value the plugin refuses is not kept.',
      permission: 'kernel.config',
      audit: 'kernel.config.changed',
      params: PluginParams,
      body: Type.Object({ value: Type.Unknown() }),
      reply: ConfigSchema,
      errors: ['PLG_UNKNOWN', 'API_NOT_FOUND', 'API_PRECONDITION', 'PLG_CONFIG_INVALID', 'PLG_SETUP_FAILED'],
      async handle({ params, body, ifMatch, actor }) {
        const { etag } = readConfig(parts, params.id)
        if (ifMatch === undefined) throw new ApiError('API_PRECONDITION', { detail: 'If-Match is missing.' })
        if (ifMatch !== etag) throw new ApiError('API_PRECONDITION')
        await writeConfig(parts, params.id, body.value, (actor as Actor).name)
        const after = readConfig(parts, params.id)
        return reply(200, after, { etag: `"${after.etag}"` })
      },
    }),
  ]
}

interface Place {
  readonly store: Store
  readonly config: NonNullable<Manifest['config']>
}

/** Throws PLG_UNKNOWN, or API_NOT_FOUND for a plugin that has nothing to configure. */
function placeOf(parts: KernelRouteParts, id: string): Place {
  pluginOf(parts, id)
  const config = kernelOf(parts).manifest?.(id)?.config
  const store = parts.store?.()
  if (config === undefined) throw new ApiError('API_NOT_FOUND', { detail: `The plugin "${id}" has no configuration.` })
  if (store === undefined) throw new ApiError('API_UNAVAILABLE')
  return { store, config }
}

function readConfig(parts: KernelRouteParts, id: string): Config {
  const { store, config } = placeOf(parts, id)
  const stored = store.readConfig(id)
  if (stored === null) return { version: config.version, value: {}, schema: config.schema, etag: UNSET }
  return { version: stored.version, value: stored.value, schema: config.schema, etag: stored.etag }
}

async function writeConfig(parts: KernelRouteParts, id: string, value: unknown, by: string): Promise<void> {
  const { store, config } = placeOf(parts, id)
  checkConfig(config.schema, value)
  const before = store.readConfig(id)
  store.writeConfig(id, config.version, value)
  try {
    await kernelOf(parts).reload(id, by)
  } catch (error) {
    // The old generation still serves, with the old value; the stored one has to say the same.
    store.writeConfig(id, before?.version ?? config.version, before?.value ?? {})
    throw error
  }
}

/** Throws API_INVALID with pointers into the request body. */
function checkConfig(schema: object, value: unknown): void {
  const ajv = new Ajv({ allErrors: true, strict: false })
  addFormats.default(ajv)
  const validate = ajv.compile(schema)
  if (validate(value)) return
  const errors = (validate.errors ?? []).map(error => ({
    pointer: `/value${error.instancePath}`,
    message: error.message ?? 'is invalid',
  }))
  throw new ApiError('API_INVALID', { errors })
}
