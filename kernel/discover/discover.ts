import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PluginError, RunError } from '../contract/index.ts'
import { type Candidate, readCandidate } from './manifest.ts'

export interface Places {
  readonly builtinDir: string
  readonly extraDir: string
  /** Ids to leave out. */
  readonly without?: readonly string[] | undefined
}

/**
 * Every plugin folder, sorted by id. A folder that is no plugin comes back with its error, never as a throw. Throws
 * RUN_DATA_LAYOUT when the folder of all of them cannot be read.
 */
export function discover(places: Places): readonly Candidate[] {
  const builtin = listFolders(places.builtinDir).map(id => readCandidate(id, join(places.builtinDir, id), true))
  const extra = listFolders(places.extraDir).map(id => readCandidate(id, join(places.extraDir, id), false))
  const left = new Set(places.without)
  return markDuplicates([...builtin, ...extra])
    .filter(candidate => !left.has(candidate.id) && candidate.manifest?.kind !== 'installer')
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

function listFolders(dir: string): string[] {
  return readEntries(dir)
    .filter(entry => !entry.name.startsWith('.') && entry.name !== 'node_modules' && isFolder(dir, entry))
    .map(entry => entry.name)
}

function isFolder(dir: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  return statSync(join(dir, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false
}

function readEntries(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch (error) {
    // The folder of third-party plugins need not exist.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new RunError('RUN_DATA_LAYOUT', {
      detail: `${dir} must be a folder that can be read (${code}).`,
      cause: error,
    })
  }
}

/** Both folders of a doubled id fail: picking one would let a dropped-in folder shadow a plugin of the product. */
function markDuplicates(candidates: readonly Candidate[]): Candidate[] {
  const groups = Map.groupBy(candidates, candidate => candidate.id)
  return [...groups.values()].map(group => {
    const [first, second] = group
    if (second === undefined) return first as Candidate
    const detail = `${group.map(candidate => candidate.folder).join(' and ')} both carry "${second.id}".`
    const error = new PluginError('PLG_DUPLICATE', { phase: 'verify', plugin: second.id }, { detail })
    return { ...(first as Candidate), manifest: null, error }
  })
}
