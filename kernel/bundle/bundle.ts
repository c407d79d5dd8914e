import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from './compile.ts'
import { FORMAT, type IndexEntry, pruneBundles, readIndex, writeAtomic, writeIndex } from './index-file.ts'
import { type EntryKind, migrationFiles, type Source, sha256 } from './source.ts'

/** A bundle on disk. */
export interface Bundle {
  /** Name in the build folder. */
  readonly file: string
  /** SHA-256 of its bytes, hexadecimal. */
  readonly hash: string
}

/**
 * The bundle of one entry, from disk when no source changed. `pinned` names files of this entry that must stay on disk.
 * Throws PLG_BUNDLE_FAILED, PLG_IMPORT_FORBIDDEN, PLG_UI_DUPLICATE_PREACT.
 */
export async function bundleEntry(
  source: Source,
  kind: EntryKind,
  buildDir: string,
  pinned: readonly string[] = [],
): Promise<Bundle> {
  const key = entryKey(source, kind)
  const known = readIndex(buildDir, source.id, kind)
  if (known !== null && isCurrent(known, key, buildDir)) return { file: known.file, hash: known.hash }
  const { code, inputs } = await compile(source, kind, buildDir)
  const hash = sha256(code)
  const file = fileName(source.id, kind, hash)
  if (!existsSync(join(buildDir, file))) writeAtomic(join(buildDir, file), code)
  const previous = known === null || known.file === file ? (known?.previous ?? null) : known.file
  writeIndex(buildDir, source.id, kind, {
    format: FORMAT,
    key,
    inputs: Object.fromEntries(inputs),
    file,
    hash,
    previous,
  })
  pruneBundles(buildDir, source.id, kind, new Set([file, ...(previous === null ? [] : [previous]), ...pinned]))
  return { file, hash }
}

/** UI modules are addressed by their hash alone: `/assets/plugins/<plugin>-<hash>.js`. */
function fileName(plugin: string, kind: EntryKind, hash: string): string {
  return kind === 'ui' ? `${plugin}-ui-${hash}.js` : `${plugin}-${kind}-${hash.slice(0, 20)}.cjs`
}

function entryKey(source: Source, kind: EntryKind): string {
  const migrations = kind === 'server' ? migrationFiles(source) : []
  return sha256(JSON.stringify([source.folder, source.manifest.entries[kind], migrations]))
}

/** Hashes the sources rather than trusting their times: a checkout or a copy may set those back. */
function isCurrent(known: IndexEntry, key: string, buildDir: string): boolean {
  if (known.key !== key || !existsSync(join(buildDir, known.file))) return false
  return Object.entries(known.inputs).every(([path, hash]) => hashOf(path) === hash)
}

function hashOf(path: string): string | null {
  try {
    return sha256(readFileSync(path))
  } catch {
    // Gone or unreadable: not current, and the build then says what is wrong with it.
    return null
  }
}
