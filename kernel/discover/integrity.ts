import { createHash } from 'node:crypto'
import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { PluginError } from '../contract/index.ts'
import type { Candidate } from './manifest.ts'

/** Throws PLG_INTEGRITY when a packed file is missing or differs from its hash in the manifest. */
export function checkIntegrity(candidate: Candidate): void {
  for (const [path, expected] of Object.entries(candidate.manifest?.integrity ?? {})) {
    if (hashFile(join(candidate.folder, path)) === expected) continue
    throw new PluginError('PLG_INTEGRITY', { phase: 'verify', plugin: candidate.id }, { detail: `${path} differs.` })
  }
}

/** Names the state of a plugin's sources: changes with any byte of any file. */
export function fingerprint(folder: string): string {
  const hash = createHash('sha256')
  for (const path of listFiles(folder)) hash.update(`${relative(folder, path)}\0${hashFile(path)}\n`)
  return hash.digest('hex')
}

function hashFile(path: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function listFiles(folder: string): string[] {
  const keep = (entry: Dirent) => !entry.name.startsWith('.') && entry.name !== 'node_modules'
  return readFolder(folder)
    .filter(keep)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? listFiles(path) : entry.isFile() ? [path] : []
    })
}

/** A folder that goes away while it is read counts as empty. */
function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
