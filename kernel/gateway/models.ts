/** The list of models, in the shape of the vendor whose client asks. */
import { type Dialect, GatewayError, type KeyOwner, type ModelEntry } from '../contract/index.ts'
import type { Snapshot } from '../ports.ts'
import { findRouters } from './services.ts'

const MODELS_PATH = '/v1/models'
/** This dialect wants a date, and nobody knows one. */
const NO_DATE = '1970-01-01T00:00:00Z'

export function isModelsPath(path: string): boolean {
  return path === MODELS_PATH || path.startsWith(`${MODELS_PATH}/`)
}

/** All models a key may use in a dialect, or one by its id. Throws GW_MODEL_UNKNOWN. */
export function describeModels(snapshot: Snapshot, path: string, dialect: Dialect, { models }: KeyOwner): unknown {
  const data = findRouters(snapshot)
    .flatMap(router => router.models())
    .filter(({ dialects }) => dialects?.includes(dialect) ?? true)
    .filter(({ id, provider }) => models === null || models.includes(id) || models.includes(`${provider}/*`))
    .map(SHAPES[dialect])
  if (path !== MODELS_PATH) return findModel(data, path)
  if (dialect === 'openai') return { object: 'list', data }
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}

const SHAPES: Readonly<Record<Dialect, (entry: ModelEntry) => { readonly id: string }>> = {
  openai: ({ id, provider }) => ({ id, object: 'model', created: 0, owned_by: provider }),
  anthropic: ({ id }) => ({ type: 'model', id, display_name: id, created_at: NO_DATE }),
}

function findModel(data: readonly { readonly id: string }[], path: string): unknown {
  const wanted = decodePath(path.slice(MODELS_PATH.length + 1))
  const model = data.find(({ id }) => id === wanted)
  if (!model) throw new GatewayError('GW_MODEL_UNKNOWN')
  return model
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not an encoding at all: no model has such a name.
    return ''
  }
}
