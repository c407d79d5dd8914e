import { readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { extname, join, resolve } from 'node:path'
import type { Loader, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild'
import { bridgeSource, SERVER_PACKAGES } from './bridge.ts'
import { isForeignContract, isInside, type Source, sha256 } from './source.ts'

/** Packages of a UI module, each by its exact name: the import map of the shell provides them. */
export const UI_PACKAGES: ReadonlySet<string> = new Set([
  'preact',
  'preact/hooks',
  'preact/jsx-runtime',
  '@preact/signals',
  'preact-iso',
  'clawnex/ui',
])

/** Marks esbuild messages that stand for PLG_IMPORT_FORBIDDEN. */
export const FORBIDDEN = 'forbidden'

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.jsx': 'jsx',
  '.json': 'json',
  '.txt': 'text',
  '.md': 'text',
  '.yaml': 'text',
  '.yml': 'text',
  '.css': 'text',
}

/** Decides every import of a plugin. `inputs` receives the hash of each file exactly as it was bundled. */
export function resolver(source: Source, target: 'host' | 'browser', inputs: Map<string, string>): Plugin {
  return {
    name: 'clawnex-resolver',
    setup(build) {
      build.onResolve({ filter: /^\./ }, args => checkRelative(source, args))
      build.onResolve({ filter: /^[^.]/ }, args =>
        args.kind === 'entry-point' ? undefined : checkBare(source, args, target),
      )
      build.onLoad({ filter: /.*/, namespace: 'bridge' }, args => ({ contents: bridgeSource(args.path), loader: 'js' }))
      build.onLoad({ filter: /.*/, namespace: 'file' }, args => loadFile(source, args.path, inputs))
    },
  }
}

/** Undefined leaves the rest, extensions and the message for a missing file, to esbuild. */
function checkRelative(source: Source, args: OnResolveArgs): OnResolveResult | undefined {
  const path = resolve(args.resolveDir, args.path)
  // The tokens of another plugin may use its own files beside them; they are part of what it exports.
  const home = isInside(source.folder, args.resolveDir) ? source.folder : args.resolveDir
  if (isInside(home, path) || isForeignContract(source, path)) return undefined
  return forbid(`"${args.path}" leaves the folder of the plugin.`)
}

function checkBare(source: Source, args: OnResolveArgs, target: 'host' | 'browser'): OnResolveResult {
  const { path } = args
  const tokens = /^clawnex\/plugins\/([a-z0-9-]+)$/.exec(path)?.[1]
  if (tokens !== undefined) return foreignContract(source, tokens)
  if (target === 'browser') {
    if (UI_PACKAGES.has(path)) return { path, external: true }
    return forbid(`"${path}" is not among the packages of the dashboard: ${[...UI_PACKAGES].join(', ')}.`)
  }
  if (path.startsWith('node:')) return { path, external: true }
  if (SERVER_PACKAGES.has(path)) return { path, namespace: 'bridge', sideEffects: false }
  if (builtinModules.includes(path)) return forbid(`Write "node:${path}".`)
  if (path === 'better-sqlite3') return forbid('"better-sqlite3" may be imported for its types only; use host.db.')
  return forbid(`"${path}" is not on the list: ${[...SERVER_PACKAGES].join(', ')}, node:*.`)
}

function foreignContract(source: Source, id: string): OnResolveResult {
  const named = id in source.manifest.needs || id in source.manifest.wants
  const folder = named ? source.folderOf(id) : undefined
  if (folder !== undefined) return { path: join(folder, 'contract.ts') }
  return forbid(`Plugin "${id}" is not installed, or not named in "needs" or "wants".`)
}

const forbid = (text: string): OnResolveResult => ({ errors: [{ text, detail: FORBIDDEN }] })

/** Reads the file here rather than in esbuild, so that the recorded hash is that of the bytes in the bundle. */
async function loadFile(source: Source, path: string, inputs: Map<string, string>): Promise<OnLoadResult> {
  const own = isInside(source.folder, path)
  if (!own && !isAllowedElsewhere(source, path)) {
    return { errors: [{ text: `${path} leaves the folder of the plugin.`, detail: FORBIDDEN }] }
  }
  const loader = LOADERS[extname(path)]
  if (loader === undefined) return { errors: [{ text: `No loader for "${extname(path)}" files.` }] }
  const contents = await readFile(path)
  inputs.set(path, sha256(contents))
  return { contents, loader }
}

function isAllowedElsewhere(source: Source, path: string): boolean {
  const { needs, wants } = source.manifest
  return [...Object.keys(needs), ...Object.keys(wants)].some(id => {
    const folder = source.folderOf(id)
    return folder !== undefined && isInside(folder, path)
  })
}
