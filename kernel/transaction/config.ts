import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { type Manifest, PluginError } from '../contract/index.ts'
import type { Definition } from '../evaluate/evaluate.ts'
import type { Store } from '../ports.ts'

/**
 * The configuration a new generation runs with: the stored value, upgraded by the plugin when it is of an older version,
 * checked against the schema, with defaults filled in. The stored value itself stays as it is, so an older bundle can still
 * read it. Throws PLG_CONFIG_INVALID.
 */
export function loadConfig(
  manifest: Manifest,
  definition: Definition | null,
  store: Pick<Store, 'readConfig'> | undefined,
): unknown {
  const { config, id } = manifest
  if (config === undefined) return Object.freeze({})
  const stored = store?.readConfig(id) ?? null
  const value = stored === null ? {} : upgrade(id, config.version, stored, definition)
  // One instance a generation: a schema with an $id may then change between reloads.
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: false })
  addFormats.default(ajv)
  const validate = ajv.compile(config.schema)
  if (validate(value)) return Object.freeze(value)
  const errors = (validate.errors ?? []).map(error => ({
    pointer: error.instancePath,
    message: error.message ?? 'is invalid',
  }))
  const detail = errors.map(({ pointer, message }) => `${pointer || '/'} ${message}`).join('; ')
  throw new PluginError('PLG_CONFIG_INVALID', { phase: 'config', plugin: id }, { detail, errors })
}

function upgrade(
  plugin: string,
  version: string,
  stored: { readonly version: string; readonly value: unknown },
  definition: Definition | null,
): unknown {
  const copy: unknown = structuredClone(stored.value)
  if (stored.version === version) return copy
  if (definition?.configMigrate !== undefined) return definition.configMigrate(stored.version, copy)
  if (stored.version.split('.')[0] === version.split('.')[0]) return copy
  const detail = `The stored value is of version ${stored.version}; ${version} has no configMigrate.`
  throw new PluginError('PLG_CONFIG_INVALID', { phase: 'config', plugin }, { detail })
}
