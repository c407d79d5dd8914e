/** Turns the routes of one generation into a private router that is never changed afterwards. */
import RouterPackage from '@koa/router'
import type { Context } from 'koa'
import { ApiError, type Logger, PluginError, type RouteSpec } from '../contract/index.ts'
import type { CompiledRoutes, CompileRoutes } from '../ports.ts'
import { type CallParts, createCall } from './call.ts'
import { exchangeOf } from './exchange.ts'
import { createCheckers } from './schema.ts'

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

export function createCompiler(parts: CallParts): CompileRoutes {
  return (owner, specs) => {
    checkSpecs(owner, specs)
    const router = new RouterPackage({ strict: true, sensitive: true })
    const checkers = createCheckers()
    const probes: (() => Promise<void>)[] = []
    for (const spec of [...specs].sort(literalFirst)) {
      const call = compileOne(owner, spec, () => createCall(parts, owner, spec, checkers))
      const path = `/api/v1/${owner.plugin}${spec.path}`
      compileOne(owner, spec, () => router.register(path, [spec.method], call.serve))
      if (spec.probe) probes.push(call.probe)
    }
    const dispatch = router.routes()

    return {
      plugin: owner.plugin,
      specs: Object.freeze([...specs]),
      async handle(ctx) {
        const path = ctx.path
        const matched = router.match(path, ctx.method)
        if (matched.path.length === 0) return false
        if (!matched.route)
          refuseMethod(
            ctx,
            matched.path.flatMap(layer => layer.methods),
          )
        await dispatch(ctx as Parameters<typeof dispatch>[0], async () => {})
        return true
      },
      async probe() {
        for (const probe of probes) await probe()
      },
    } satisfies CompiledRoutes
  }
}

function refuseMethod(ctx: Context, methods: readonly string[]): never {
  const { actor, refusal } = exchangeOf(ctx)
  // Whoever is not let in learns nothing about the shape of the API.
  if (actor === null) throw refusal ?? new ApiError('API_NO_CREDENTIAL')
  ctx.set('allow', [...new Set(methods)].join(', '))
  throw new ApiError('API_METHOD')
}

/** `/keys/new` must not be taken for `/keys/:id`, in whatever order they were declared. */
function literalFirst(a: RouteSpec, b: RouteSpec): number {
  const left = a.path.split('/')
  const right = b.path.split('/')
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const difference = Number(left[at]?.startsWith(':')) - Number(right[at]?.startsWith(':'))
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

interface Owner {
  readonly plugin: string
  readonly generation: number
  readonly log: Logger
  readonly signal: AbortSignal
}

function checkSpecs(owner: Owner, specs: readonly RouteSpec[]): void {
  const seen = new Set<string>()
  for (const spec of specs) {
    const fault = faultOf(spec)
    if (fault !== undefined) throw invalid(owner, spec, fault)
    const place = `${spec.method} ${spec.path.replace(/:[A-Za-z_]\w*/g, ':')}`
    if (seen.has(place)) throw invalid(owner, spec, 'is declared twice')
    seen.add(place)
  }
}

function faultOf(spec: RouteSpec): string | undefined {
  if (!METHODS.has(spec.method)) return 'has an unknown method'
  if (!/^(?:\/(?::[A-Za-z_]\w*|[A-Za-z0-9._~-]+))*$/.test(spec.path)) {
    return 'has a path that is not made of "/word" and "/:parameter"'
  }
  if (spec.public !== true && !spec.permission) return 'has neither a permission nor public: true'
  if (spec.public === true && spec.permission !== undefined) return 'is public and has a permission'
  if (spec.method !== 'GET' && !spec.audit) return 'changes something and names no audit action'
  if (spec.method === 'GET' && spec.body !== undefined) return 'is a GET with a body'
  if (spec.probe && (spec.method !== 'GET' || spec.path.includes(':'))) return 'is no plain GET, so it cannot be probed'
  if (typeof spec.handle !== 'function') return 'has no handler'
  return undefined
}

function compileOne<T>(owner: Owner, spec: RouteSpec, compile: () => T): T {
  try {
    return compile()
  } catch (cause) {
    throw invalid(owner, spec, `does not compile: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

function invalid(owner: Owner, spec: RouteSpec, fault: string, cause?: unknown): PluginError {
  return new PluginError(
    'PLG_ROUTE_INVALID',
    { phase: 'setup', plugin: owner.plugin, generation: owner.generation },
    { detail: `${spec.method} "${spec.path}" ${fault}.`, cause },
  )
}
