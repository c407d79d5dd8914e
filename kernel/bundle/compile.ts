import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildFailure, BuildOptions, Message } from 'esbuild'
import type { PluginError } from '../contract/index.ts'
import { build } from './esbuild.ts'
import { FORBIDDEN, resolver } from './resolve.ts'
import { bundleError, type EntryKind, entrySource, type Source } from './source.ts'

export interface Compiled {
  readonly code: Uint8Array
  /** SHA-256 of every source file by absolute path. */
  readonly inputs: ReadonlyMap<string, string>
}

const LIMITS: Readonly<Record<EntryKind, number>> = { server: 4 << 20, gateway: 8 << 20, cli: 8 << 20, ui: 256 << 10 }

const COMMON: BuildOptions = {
  bundle: true,
  charset: 'utf8',
  logLevel: 'silent',
  legalComments: 'none',
  // Not the nearest tsconfig: a plugin must bundle the same wherever its folder lies.
  tsconfigRaw: { compilerOptions: { target: 'ES2023', useDefineForClassFields: true } },
}

const HOST: BuildOptions = {
  ...COMMON,
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  sourcemap: 'inline',
  sourcesContent: false,
  keepNames: false,
}

const BROWSER: BuildOptions = {
  ...COMMON,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
}

/** Bundles one entry in memory. Throws PLG_BUNDLE_FAILED, PLG_IMPORT_FORBIDDEN, PLG_UI_DUPLICATE_PREACT. */
export async function compile(given: Source, kind: EntryKind, buildDir: string): Promise<Compiled> {
  // Through the real path, because esbuild reports real paths and everything is compared with this folder.
  const source = { ...given, folder: realpathSync(given.folder), folderOf: realFolderOf(given) }
  const inputs = new Map<string, string>()
  const result = await build({
    ...(kind === 'ui' ? BROWSER : HOST),
    absWorkingDir: source.folder,
    // Never written under this name; it only makes the paths in the source map start from the folder of bundles.
    outfile: join(buildDir, 'bundle.js'),
    stdin: { contents: entrySource(source, kind), resolveDir: source.folder, sourcefile: `<${kind}>`, loader: 'ts' },
    plugins: [resolver(source, kind === 'ui' ? 'browser' : 'host', inputs)],
  }).catch((failure: unknown) => {
    throw translate(source.id, failure)
  })
  const code = result.outputFiles[0]?.contents ?? new Uint8Array()
  if (kind === 'ui') checkPreact(source.id, Object.keys(result.metafile.inputs))
  checkSize(source.id, kind, code.length)
  return { code, inputs }
}

function realFolderOf(source: Source): Source['folderOf'] {
  return id => {
    const folder = source.folderOf(id)
    return folder === undefined ? undefined : realpathSync(folder)
  }
}

/** Two Preacts share no hooks and no signals, so a private copy renders once and then dies in ways that are hard to trace. */
function checkPreact(plugin: string, inputs: readonly string[]): void {
  const copy = inputs.find(path => /(^|\/)preact([./-][^/]*)?(\/|$)/.test(path))
  if (copy !== undefined) throw bundleError('PLG_UI_DUPLICATE_PREACT', plugin, `${copy} is part of the bundle.`)
}

function checkSize(plugin: string, kind: EntryKind, size: number): void {
  if (size <= LIMITS[kind]) return
  throw bundleError('PLG_BUNDLE_FAILED', plugin, `The ${kind} bundle has ${size} bytes; the limit is ${LIMITS[kind]}.`)
}

function translate(plugin: string, failure: unknown): PluginError {
  const errors = (failure as BuildFailure).errors
  if (!Array.isArray(errors) || errors.length === 0) {
    return bundleError('PLG_BUNDLE_FAILED', plugin, failure instanceof Error ? failure.message : '', failure)
  }
  const forbidden = errors.filter(error => error.detail === FORBIDDEN)
  const shown = forbidden.length > 0 ? forbidden : errors
  const code = forbidden.length > 0 ? 'PLG_IMPORT_FORBIDDEN' : 'PLG_BUNDLE_FAILED'
  return bundleError(code, plugin, shown.slice(0, 5).map(describe).join('\n'), failure)
}

function describe({ location, text }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1} ${text}`
}
