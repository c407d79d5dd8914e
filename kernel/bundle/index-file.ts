import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EntryKind } from './source.ts'

/** Raise when the form of bundles changes, so that older ones are built anew. */
export const FORMAT = 1

/** What is known about the latest bundle of one entry. */
export interface IndexEntry {
  readonly format: number
  /** What else went in: entry path, migration names, path of the plugin. */
  readonly key: string
  /** SHA-256 by absolute path. */
  readonly inputs: Readonly<Record<string, string>>
  /** Name in the build folder. */
  readonly file: string
  readonly hash: string
  /** The file before this one; kept on disk. */
  readonly previous: string | null
}

const indexPath = (dir: string, plugin: string, kind: EntryKind) => join(dir, `${plugin}-${kind}.json`)

/** Null when there is none, or none that can be read: it is a cache, so a damaged one is rebuilt. */
export function readIndex(dir: string, plugin: string, kind: EntryKind): IndexEntry | null {
  try {
    const entry = JSON.parse(readFileSync(indexPath(dir, plugin, kind), 'utf8')) as IndexEntry
    return entry.format === FORMAT ? entry : null
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export function writeIndex(dir: string, plugin: string, kind: EntryKind, entry: IndexEntry): void {
  writeAtomic(indexPath(dir, plugin, kind), JSON.stringify(entry))
}

let counter = 0

/** Both planes write into one folder: a reader sees the old file or the new one, never half of one. */
export function writeAtomic(path: string, data: string | Uint8Array): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  counter += 1
  const temporary = `${path}.${process.pid}.${counter}.tmp`
  writeFileSync(temporary, data, { mode: 0o600 })
  renameSync(temporary, path)
}

/** Removes bundles of one entry that nobody names any more. */
export function pruneBundles(dir: string, plugin: string, kind: EntryKind, keep: ReadonlySet<string>): void {
  const name = new RegExp(`^${plugin}-${kind}-[0-9a-f]+\\.(cjs|js)$`)
  for (const file of readdirSync(dir)) {
    if (name.test(file) && !keep.has(file)) rmSync(join(dir, file), { force: true })
  }
}
