import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { CONTRACT_VERSION, type Manifest, PluginError } from '../contract/index.ts'
import schema from '../contract/manifest.schema.json' with { type: 'json' }
import { inRange, pinsOneMajor } from './range.ts'

/** A folder that may hold a plugin. Without a manifest it carries the error that says why. */
export interface Candidate {
  readonly id: string
  /** Absolute path. */
  readonly folder: string
  readonly builtin: boolean
  readonly manifest: Manifest | null
  readonly error: PluginError | null
}

const ajv = new Ajv({ allErrors: true, useDefaults: true })
const validate = ajv.compile<Manifest>(schema)

/** Reads and checks `plugin.json` without touching any code of the plugin. Never throws: the error travels with the candidate. */
export function readCandidate(id: string, folder: string, builtin: boolean): Candidate {
  try {
    return { id, folder, builtin, manifest: readManifest(id, folder), error: null }
  } catch (error) {
    if (error instanceof PluginError) return { id, folder, builtin, manifest: null, error }
    const invalid = new PluginError('PLG_MANIFEST_INVALID', { phase: 'verify', plugin: id }, { cause: error })
    return { id, folder, builtin, manifest: null, error: invalid }
  }
}

/** Throws PLG_MANIFEST_MISSING, PLG_MANIFEST_INVALID, PLG_API_RANGE. */
function readManifest(id: string, folder: string): Manifest {
  const manifest = parse(id, readText(id, join(folder, 'plugin.json')))
  if (!validate(manifest)) throw invalid(id, describe(validate.errors ?? []))
  if (manifest.id !== id) throw invalid(id, `"id" is "${manifest.id}" but the folder is named "${id}".`)
  checkApi(manifest)
  return Object.freeze(manifest)
}

function readText(id: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new PluginError('PLG_MANIFEST_MISSING', { phase: 'verify', plugin: id }, { cause })
  }
}

function parse(id: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(id, cause instanceof Error ? cause.message : String(cause))
  }
}

function checkApi(manifest: Manifest): void {
  if (pinsOneMajor(manifest.api) && inRange(CONTRACT_VERSION, manifest.api)) return
  const detail = `"api" is "${manifest.api}"; this kernel serves ${CONTRACT_VERSION}.`
  throw new PluginError('PLG_API_RANGE', { phase: 'verify', plugin: manifest.id }, { detail })
}

function invalid(id: string, detail: string): PluginError {
  return new PluginError('PLG_MANIFEST_INVALID', { phase: 'verify', plugin: id }, { detail })
}

function describe(errors: readonly ErrorObject[]): string {
  return errors.map(error => `${error.instancePath || '/'} ${error.message}${extra(error)}`).join('; ')
}

function extra(error: ErrorObject): string {
  const name: unknown = error.params['additionalProperty']
  return typeof name === 'string' ? ` ("${name}")` : ''
}
