import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { type Actor, ApiError, holds, isReply, type Logger, type RouteSpec } from '../contract/index.ts'
import type { CompileRoutes } from '../ports.ts'

/** What a route answered. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** A call without HTTP. `path` is relative to the plugin: `/rules/7`. */
export interface Call {
  /** Default: an operator who may do everything. Null sends no credential. */
  readonly actor?: Actor | null
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

/** A person who may do everything. */
export const OPERATOR: Actor = { kind: 'session', id: 'bench', name: 'bench operator', person: true, permissions: '*' }

/** An API key with exactly these permissions. */
export function actorWith(...permissions: string[]): Actor {
  return { kind: 'key', id: 'bench-key', name: 'bench key', person: false, permissions: new Set(permissions) }
}

/** Keeps the declarations and calls probe routes; the bench dispatches by itself. */
export const collectRoutes: CompileRoutes = ({ plugin, log, signal }, specs) => {
  for (const spec of specs) {
    if (spec.permission === undefined && !spec.public) {
      throw new ApiError('PLG_ROUTE_INVALID', { detail: `${spec.method} ${spec.path} has no permission.` })
    }
  }
  const actor: Actor = { kind: 'system', id: 'probe', name: 'probe', person: false, permissions: '*' }
  return {
    plugin,
    specs,
    handle: async () => false,
    async probe() {
      for (const { path } of specs.filter(({ probe }) => probe)) {
        const { status } = await callRoute(specs, 'GET', path, { actor, signal }, log)
        if (status >= 300) throw new Error(`GET ${path} answered ${status}`)
      }
    },
  }
}

const strict = newAjv({})
const lenient = newAjv({ coerceTypes: true, useDefaults: true })

function newAjv(options: object): Ajv {
  const ajv = new Ajv({ allErrors: true, strict: false, ...options })
  addFormats.default(ajv)
  return ajv
}

/**
 * Does what the dispatcher does between the socket and the handler: route, permission, schemas in and out.
 * Rejects with the catalogued error a caller would get as problem body.
 */
export async function callRoute(
  specs: readonly RouteSpec[],
  method: string,
  path: string,
  call: Call,
  log: Logger,
): Promise<Answer> {
  const { spec, params } = findRoute(specs, method, path)
  const actor = call.actor === undefined ? OPERATOR : call.actor
  checkActor(spec, actor)
  const query = structuredClone({ ...call.query })
  const body = structuredClone(call.body)
  check(lenient, spec.params, params)
  check(lenient, spec.query, query)
  check(strict, spec.body, body)
  const signal = call.signal ?? new AbortController().signal
  const request = { params, query, body, actor, log, signal, trace: 'bench', ifMatch: call.ifMatch }
  const answer = asAnswer(spec, await spec.handle(request as never))
  check(strict, spec.reply, answer.body)
  return answer
}

/** A literal path beats one with a parameter, as in the router. */
function findRoute(specs: readonly RouteSpec[], method: string, path: string) {
  const found = [...specs]
    .sort((a, b) => a.path.split(':').length - b.path.split(':').length)
    .map(spec => ({ spec, params: matchPath(spec.path, path) }))
    .find(({ spec, params }) => spec.method === method && params !== null)
  if (found === undefined || found.params === null) throw new ApiError('API_NOT_FOUND', { detail: `${method} ${path}` })
  return { spec: found.spec, params: found.params }
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(value)
    else if (part !== value) return null
  }
  return params
}

function checkActor(spec: RouteSpec, actor: Actor | null): void {
  if (spec.permission === undefined) return
  if (actor === null) throw new ApiError('API_NO_CREDENTIAL')
  if (!holds(actor, spec.permission)) throw new ApiError('API_FORBIDDEN', { detail: spec.permission })
}

function check(ajv: Ajv, schema: object | undefined, value: unknown): void {
  if (schema === undefined || ajv.validate(schema, value)) return
  const errors = (ajv.errors ?? []).map(({ instancePath, message }) => ({
    pointer: instancePath,
    message: message ?? 'is invalid',
  }))
  throw new ApiError('API_INVALID', { errors })
}

function asAnswer(spec: RouteSpec, result: unknown): Answer {
  if (isReply(result)) return { status: result.status ?? 200, headers: result.headers ?? {}, body: result.body }
  return { status: result === undefined ? 204 : (spec.status ?? 200), headers: {}, body: result }
}
