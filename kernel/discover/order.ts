import { PluginError } from '../contract/index.ts'
import type { Candidate } from './manifest.ts'
import { inRange } from './range.ts'

export interface Order {
  /** Candidates in load order: providers before those that need or want them. */
  readonly ordered: readonly Candidate[]
  /** Candidates that cannot load, with the reason. */
  readonly failed: ReadonlyMap<string, PluginError>
}

/** Sorts by needs and wants. Ties go by id, so the order is the same at every start. */
export function orderPlugins(candidates: readonly Candidate[]): Order {
  const byId = new Map(candidates.map(candidate => [candidate.id, candidate]))
  const failed = new Map<string, PluginError>()
  for (const candidate of candidates) if (candidate.error !== null) failed.set(candidate.id, candidate.error)
  failCycles(byId, failed)
  failDependants(byId, failed)
  const usable = candidates.filter(candidate => !failed.has(candidate.id))
  return { ordered: sortByNeeds(usable), failed }
}

/** Ids of all plugins that hard-need `id`, directly or through others, in load order. */
export function dependantsOf(id: string, ordered: readonly Pick<Candidate, 'id' | 'manifest'>[]): readonly string[] {
  const found = new Set([id])
  for (const { id: other, manifest } of ordered) {
    if (Object.keys(manifest?.needs ?? {}).some(need => found.has(need))) found.add(other)
  }
  found.delete(id)
  return [...found]
}

/** The first need that is absent or out of range, as an error; undefined when all are met. */
export function missingNeed(
  candidate: Pick<Candidate, 'id' | 'manifest'>,
  versionOf: (id: string) => string | undefined,
): PluginError | undefined {
  for (const [need, range] of Object.entries(candidate.manifest?.needs ?? {})) {
    const version = versionOf(need)
    if (version !== undefined && inRange(version, range)) continue
    const found = version === undefined ? 'which is absent or failed' : `but ${version} is installed`
    return new PluginError(
      'PLG_NEED_MISSING',
      { phase: 'verify', plugin: candidate.id },
      { detail: `${candidate.id} needs ${need} ${range}, ${found}.` },
    )
  }
  return undefined
}

function failCycles(byId: ReadonlyMap<string, Candidate>, failed: Map<string, PluginError>): void {
  for (const id of byId.keys()) {
    const circle = findCircle(id, byId)
    if (circle === undefined || failed.has(id)) continue
    const detail = `${[...circle, circle[0]].join(' → ')}.`
    failed.set(id, new PluginError('PLG_CYCLE', { phase: 'verify', plugin: id }, { detail }))
  }
}

/** The shortest circle of needs through `id`, starting there. */
function findCircle(id: string, byId: ReadonlyMap<string, Candidate>): readonly string[] | undefined {
  const seen = new Set<string>()
  let paths: string[][] = [[id]]
  while (paths.length > 0) {
    const next: string[][] = []
    for (const path of paths) {
      for (const need of Object.keys(byId.get(path.at(-1) as string)?.manifest?.needs ?? {})) {
        if (need === id) return path
        if (seen.has(need)) continue
        seen.add(need)
        next.push([...path, need])
      }
    }
    paths = next
  }
  return undefined
}

/** Repeats until nothing changes: a failure travels down the whole chain of needs. */
function failDependants(byId: ReadonlyMap<string, Candidate>, failed: Map<string, PluginError>): void {
  const versionOf = (id: string) => (failed.has(id) ? undefined : byId.get(id)?.manifest?.version)
  for (let changed = true; changed; ) {
    changed = false
    for (const candidate of byId.values()) {
      if (failed.has(candidate.id)) continue
      const error = missingNeed(candidate, versionOf)
      if (error === undefined) continue
      failed.set(candidate.id, error)
      changed = true
    }
  }
}

/** Depth first over needs, then wants. A want never makes a circle an error: the edge that would close one is dropped. */
export function sortByNeeds<C extends Pick<Candidate, 'id' | 'manifest'>>(usable: readonly C[]): C[] {
  const byId = new Map(usable.map(candidate => [candidate.id, candidate]))
  const done = new Set<string>()
  const sorted: C[] = []
  const needsReach = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true
    seen.add(from)
    return Object.keys(byId.get(from)?.manifest?.needs ?? {}).some(id => !seen.has(id) && needsReach(id, to, seen))
  }
  const visit = (candidate: C, path: ReadonlySet<string>): void => {
    if (done.has(candidate.id) || path.has(candidate.id)) return
    const trail = new Set(path).add(candidate.id)
    const { needs = {}, wants = {} } = candidate.manifest ?? {}
    // A wanted plugin that itself needs one of the waiting plugins must come after them, so it is not pulled forward.
    const soft = Object.keys(wants).filter(id => ![...trail].some(waiting => needsReach(id, waiting)))
    for (const id of [...Object.keys(needs), ...soft].sort()) {
      const provider = byId.get(id)
      if (provider !== undefined) visit(provider, trail)
    }
    done.add(candidate.id)
    sorted.push(candidate)
  }
  for (const candidate of [...usable].sort((a, b) => (a.id < b.id ? -1 : 1))) visit(candidate, new Set())
  return sorted
}
