// @ts-check
/** Builds the shell: shared modules, shell, style sheet, icons, each under the hash of its content, and a manifest. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

/**
 * @typedef {{ file: string, type: string, bytes: number, gzip: number, sha384: string }} BuiltFile
 * @typedef {{
 *   format: 1,
 *   main: string,
 *   theme: string,
 *   css: string,
 *   icon: string,
 *   imports: Record<string, string>,
 *   files: BuiltFile[],
 *   inputs: Record<string, string[]>,
 * }} UiManifest
 */

/** Modules that the shell and all plugins share, by the exact name they import. The import map offers the same. */
export const SHARED = {
  preact: 'ui/vendor/preact.ts',
  'preact/hooks': 'ui/vendor/preact-hooks.ts',
  'preact/jsx-runtime': 'ui/vendor/preact-jsx-runtime.ts',
  '@preact/signals': 'ui/vendor/preact-signals.ts',
  'preact-iso': 'ui/vendor/preact-iso.ts',
  'clawnex/ui': 'ui/sdk/index.ts',
}

const STYLES = ['tokens', 'components', 'additions'].map(name => `ui/kit/styles/${name}.css`)

const TYPES = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * @param {{ root: string, outDir: string }} options
 * @returns {Promise<UiManifest>}
 */
export async function buildUi({ root, outDir }) {
  const esbuild = /** @type {typeof import('esbuild')} */ (createRequire(join(root, 'package.json'))('esbuild'))
  mkdirSync(outDir, { recursive: true })
  /** @type {BuiltFile[]} */
  const files = []
  /** @type {Record<string, string[]>} */
  const inputs = {}

  /** @param {string} name @param {'js' | 'css' | 'svg'} kind @param {Uint8Array} body */
  const emit = (name, kind, body) => {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16)
    const file = `${name}-${hash}.${kind}`
    files.push(writeCompressed(outDir, file, TYPES[kind], body))
    return `/assets/${file}`
  }

  /** @param {string} name @param {string} entry @param {string | null} own @param {import('esbuild').BuildOptions} [more] */
  const script = async (name, entry, own, more = {}) => {
    const result = await esbuild.build({ ...scriptOptions(root, entry), plugins: [shareModules(own)], ...more })
    inputs[name] = Object.keys(result.metafile?.inputs ?? {})
    return emit(
      name,
      'js',
      /** @type {import('esbuild').OutputFile[]} */ (result.outputFiles)[0]?.contents ?? new Uint8Array(),
    )
  }

  /** @type {Record<string, string>} */
  const imports = {}
  for (const [name, entry] of Object.entries(SHARED)) {
    imports[name] = await script(name.replace(/^@/, '').replace(/\//g, '-'), entry, name)
  }
  const main = await script('shell', 'ui/shell/main.tsx', null)
  const theme = await script('theme', 'ui/shell/theme.ts', null, { format: 'iife', plugins: [] })
  const css = emit('style', 'css', await minifyCss(esbuild, root))
  const icon = emit('icon', 'svg', readFileSync(join(root, 'ui/kit/icons/icon.svg')))
  writeFileSync(join(outDir, 'sprite.svg'), readFileSync(join(root, 'ui/kit/icons/sprite.svg')))

  /** @type {UiManifest} */
  const manifest = { format: 1, main, theme, css, icon, imports, files, inputs }
  writeFileSync(join(outDir, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)
  return manifest
}

/** @param {string} root @param {string} entry @returns {import('esbuild').BuildOptions} */
function scriptOptions(root, entry) {
  return {
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  }
}

/**
 * Leaves every shared module but `own` to the import map, each by its exact name: `external: ['preact']` would also take
 * `preact/hooks` out of the module that is meant to contain it.
 * @param {string | null} own
 * @returns {import('esbuild').Plugin}
 */
function shareModules(own) {
  return {
    name: 'shared-modules',
    setup(build) {
      build.onResolve({ filter: /^[@a-z]/ }, ({ path }) =>
        path !== own && Object.hasOwn(SHARED, path) ? { path, external: true } : undefined,
      )
    },
  }
}

/** @param {typeof import('esbuild')} esbuild @param {string} root */
async function minifyCss(esbuild, root) {
  const source = STYLES.map(path => readFileSync(join(root, path), 'utf8')).join('\n')
  const { code } = await esbuild.transform(source, {
    loader: 'css',
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
  })
  return Buffer.from(code)
}

/** @param {string} outDir @param {string} file @param {string} type @param {Uint8Array} body @returns {BuiltFile} */
function writeCompressed(outDir, file, type, body) {
  const gzip = gzipSync(body, { level: 9 })
  const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  writeFileSync(join(outDir, file), body)
  writeFileSync(join(outDir, `${file}.gz`), gzip)
  writeFileSync(join(outDir, `${file}.br`), brotli)
  const sha384 = createHash('sha384').update(body).digest('base64')
  return { file, type, bytes: body.length, gzip: gzip.length, sha384 }
}
