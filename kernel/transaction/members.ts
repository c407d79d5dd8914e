import { PluginError } from '../contract/index.ts'
import type { Candidate } from '../discover/manifest.ts'
import { missingNeed, orderPlugins, sortByNeeds } from '../discover/order.ts'
import type { Generation, Origin } from '../generation/generation.ts'
import { type Core, logError, serving, slotOf } from './core.ts'
import { asPluginError, toErrorReport } from './errors.ts'
import type { Steps } from './steps.ts'

export interface PrepareOptions {
  readonly steps: Steps
  /** Contract migrations may run. */
  readonly atStart: boolean
  /** Loads these bundles instead of the sources on disk. */
  readonly fallback?: Origin
  readonly candidates?: readonly Candidate[]
}

/** One plugin of a transaction, with the code it will run. */
export interface Member {
  readonly id: string
  readonly candidate: Candidate | null
  readonly origin: Origin
  readonly builtin: boolean
  /** Bundles that have served before: their migrations are in the history already. */
  readonly proven: boolean
}

/** The candidate to load, or null when the folder is gone and the plugin is to be removed. */
export function verify(
  core: Core,
  plugin: string,
  all: readonly Candidate[],
  options: PrepareOptions,
): Candidate | null {
  const where = { phase: 'verify', plugin } as const
  for (const candidate of all) slotOf(core, candidate.id).candidate = candidate
  const slot = core.slots.get(plugin)
  if (slot?.stuck) throw new PluginError('PLG_STUCK', where)
  const found = all.find(candidate => candidate.id === plugin)
  if (options.fallback !== undefined) {
    const manifest = options.fallback.manifest
    const candidate = {
      id: plugin,
      folder: found?.folder ?? '',
      builtin: found?.builtin ?? true,
      manifest,
      error: null,
    }
    refuseMissingNeed(core, candidate)
    return candidate
  }
  if (found === undefined) {
    if (slot === undefined) throw new PluginError('PLG_UNKNOWN', where, { detail: `"${plugin}"` })
    return null
  }
  if (found.error !== null) throw found.error
  const circle = orderPlugins(all).failed.get(plugin)
  if (circle?.code === 'PLG_CYCLE') throw circle
  refuseMissingNeed(core, found)
  core.sources.verify(found)
  return found
}

/** Against what serves now, not against what lies on disk: a provider whose new source is broken still serves. */
function refuseMissingNeed(core: Core, candidate: Candidate): void {
  const versions = new Map(serving(core).map(({ plugin, origin }) => [plugin, origin.manifest.version]))
  const error = missingNeed(candidate, id => versions.get(id))
  if (error !== undefined) throw error
}

/** Bundles the plugin and its dependants. The result is in load order. */
export async function bundleAll(
  core: Core,
  target: Candidate,
  dependants: readonly string[],
  all: readonly Candidate[],
  options: PrepareOptions,
): Promise<Member[]> {
  const { id, builtin } = target
  const origin = options.fallback ?? (await core.sources.bundle(target, all, core.lastGood.read(id)))
  const members: Member[] = [
    { id, candidate: target, origin, builtin, proven: options.fallback !== undefined },
    ...(await Promise.all(dependants.map(dependant => bundleDependant(core, dependant, all)))),
  ]
  // Ids and needs may have changed on disk, so the order is that of the manifests now being loaded.
  return sortByNeeds(members.map(member => ({ ...member, manifest: member.origin.manifest })))
}

/** A dependant takes its sources from disk; while those are broken it moves along with the bundle it serves with. */
async function bundleDependant(core: Core, id: string, all: readonly Candidate[]): Promise<Member> {
  const old = slotOf(core, id).serving as Generation
  const candidate = all.find(other => other.id === id)
  const proven = { id, candidate: candidate ?? null, origin: old.origin, builtin: old.builtin, proven: true }
  if (candidate === undefined || candidate.error !== null) return proven
  try {
    core.sources.verify(candidate)
    const origin = await core.sources.bundle(candidate, all, core.lastGood.read(id))
    return { id, candidate, origin, builtin: candidate.builtin, proven: false }
  } catch (error) {
    const failure = asPluginError(error, { phase: 'bundle', plugin: id })
    slotOf(core, id).error = toErrorReport(failure, candidate.folder)
    logError(core, failure, 'a dependant moves along with its old bundle')
    return proven
  }
}

/** A new version may lie outside the ranges of plugins that stay as they are. Throws PLG_NEED_MISSING. */
export function checkVersions(core: Core, members: readonly Member[]): void {
  const versions = new Map(serving(core).map(({ plugin, origin }) => [plugin, origin.manifest.version]))
  for (const { id, origin } of members) versions.set(id, origin.manifest.version)
  for (const { id, origin } of members) {
    const error = missingNeed({ id, manifest: origin.manifest }, other => versions.get(other))
    if (error !== undefined) throw error
  }
}
