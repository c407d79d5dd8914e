import { PluginError, type Running, tokenKey } from '../contract/index.ts'
import type { Definition } from '../evaluate/evaluate.ts'
import type { Generation } from '../generation/generation.ts'
import { createHost } from '../generation/host.ts'
import { type Core, live, logError } from './core.ts'
import { withinTime } from './within-time.ts'

/** Runs `setup` of one generation and compiles its routes. `staged` are the generations set up before it in this transaction. */
export async function setUp(
  core: Core,
  generation: Generation,
  config: unknown,
  members: readonly string[],
): Promise<void> {
  generation.state = 'starting'
  const { definition, plugin, number } = generation
  if (definition !== null) {
    const needs = resolveNeeds(core, generation, definition, members)
    const carried = carryOver(core, plugin)
    const host = createHost(core.host, generation, config)
    const limit = definition.setupTimeout ?? core.limits.setup
    const setup = async () => definition.setup(host, needs, carried)
    const running = await withinTime({ phase: 'setup', code: 'PLG_SETUP_TIMEOUT', limit }, generation, setup)
    generation.running = (running ?? null) as Running | null
  }
  const { compileRoutes } = core.options
  if (compileRoutes !== undefined && generation.declared.routes.length > 0) {
    const owner = { plugin, generation: number, log: generation.log, signal: generation.abort.signal }
    generation.routes = compileRoutes(owner, generation.declared.routes)
  }
}

/** Services come from the generations of this transaction first, so the whole closure moves to the same versions. */
function resolveNeeds(
  core: Core,
  generation: Generation,
  definition: Definition,
  members: readonly string[],
): Readonly<Record<string, unknown>> {
  const needs: Record<string, unknown> = {}
  for (const [name, token] of Object.entries(definition.needs ?? {})) {
    const key = tokenKey(token)
    const scope = findProvider(core, generation, key, members)
    generation.scope.admit(key, scope)
    needs[name] = generation.scope.resolve(key)
  }
  return Object.freeze(needs)
}

/** Throws PLG_SERVICE_ABSENT, or PLG_NEED_MISSING when the manifest does not name the provider: the closure relies on it. */
function findProvider(core: Core, generation: Generation, key: string, members: readonly string[]) {
  const { plugin, number } = generation
  const where = { phase: 'setup', plugin, generation: number } as const
  const others = [...live(core).generations.values()].filter(other => !members.includes(other.plugin))
  const provider = [...core.staging, ...others].find(other => other.declared.services.has(key))
  if (provider === undefined) {
    if (core.services.root.has(key)) return core.services.root
    throw new PluginError('PLG_SERVICE_ABSENT', where, { detail: `${plugin} needs the service ${key}.` })
  }
  if (!(provider.plugin in generation.origin.manifest.needs)) {
    const detail = `${plugin} uses ${key} but does not name ${provider.plugin} in "needs".`
    throw new PluginError('PLG_NEED_MISSING', where, { detail })
  }
  return provider.scope
}

/** State the old generation hands over. A carry that fails must not make its plugin irreplaceable, so it is logged and left out. */
function carryOver(core: Core, plugin: string): unknown {
  const old = live(core).generations.get(plugin)
  if (old?.running?.carry === undefined) return undefined
  try {
    const carried = old.running.carry()
    if (carried === undefined) return undefined
    const text: unknown = JSON.stringify(carried)
    if (typeof text !== 'string') throw new TypeError('carry() returned something that is not JSON')
    return JSON.parse(text)
  } catch (cause) {
    const where = { phase: 'setup', plugin, generation: old.number } as const
    const detail = cause instanceof Error ? cause.message : String(cause)
    logError(core, new PluginError('PLG_CARRY_FAILED', where, { detail, cause }), 'loading without carried state')
    return undefined
  }
}
