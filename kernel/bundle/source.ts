import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { type Manifest, PluginError } from '../contract/index.ts'

export type EntryKind = 'server' | 'gateway' | 'cli' | 'ui'

/** What the bundler needs to know about a plugin. */
export interface Source {
  readonly id: string
  readonly folder: string
  readonly manifest: Manifest
  /** Folder of a plugin that this one names in `needs` or `wants`, for its exported tokens. */
  readonly folderOf: (id: string) => string | undefined
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** Names of the migration files, sorted; the server entry carries them all. */
export function migrationFiles(source: Source): readonly string[] {
  const folder = source.manifest.entries.migrations
  if (folder === undefined) return []
  const path = join(source.folder, folder)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .sort()
}

/** The module that esbuild starts from: what the kernel needs of the entry, under fixed names. */
export function entrySource(source: Source, kind: EntryKind): string {
  const entry = `./${source.manifest.entries[kind]}`
  if (kind === 'ui') return `export * from ${JSON.stringify(entry)}\nexport { default } from ${JSON.stringify(entry)}`
  const lines = [`import * as entry from ${JSON.stringify(entry)}`, 'export const definition = entry.default']
  return [...lines, ...(kind === 'server' ? migrationLines(source) : ['export const migrations = []'])].join('\n')
}

function migrationLines(source: Source): string[] {
  const files = migrationFiles(source)
  const path = (file: string) => `${source.manifest.entries.migrations}/${file}`
  const rows = files.map((file, index) => {
    const text = readFileSync(join(source.folder, path(file)))
    return `{ name: ${JSON.stringify(file.slice(0, -3))}, sha256: "${sha256(text)}", migration: m${index}.default }`
  })
  return [
    ...files.map((file, index) => `import * as m${index} from ${JSON.stringify(`./${path(file)}`)}`),
    `export const migrations = [${rows.join(', ')}]`,
  ]
}

/** True when the path is the folder or lies below it. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

/** The plugin whose exported tokens (`contract.ts`) live at this path, when this plugin names it in `needs` or `wants`. */
export function isForeignContract(source: Source, path: string): boolean {
  const { needs, wants } = source.manifest
  return [...Object.keys(needs), ...Object.keys(wants)].some(id => {
    const folder = source.folderOf(id)
    return folder !== undefined && dirname(path) === folder && /\/contract(\.ts)?$/.test(path.replaceAll(sep, '/'))
  })
}

export function bundleError(
  code: 'PLG_BUNDLE_FAILED' | 'PLG_IMPORT_FORBIDDEN' | 'PLG_UI_DUPLICATE_PREACT',
  plugin: string,
  detail: string,
  cause?: unknown,
): PluginError {
  return new PluginError(code, { phase: 'bundle', plugin }, { detail, cause })
}
