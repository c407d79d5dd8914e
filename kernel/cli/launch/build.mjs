// @ts-check
/** Bundles the kernel, the command line and the shell into `.runtime/build`, once per content. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LaunchError } from './errors.mjs'
import { inputHash } from './input-hash.mjs'
import { withLock } from './lock.mjs'

/** @typedef {{ hash: string, main: string, cli: string, ui: string }} Build */

const KEPT_BUILDS = 2
const KERNEL_INPUTS = ['kernel', 'migrations', 'ui/sdk', 'package.json', 'package-lock.json']
const UI_INPUTS = ['ui', 'kernel/uihost', 'kernel/contract', 'package-lock.json']

/** CommonJS packages inside the bundle ask for Node's own modules through `require`, which an ES module does not have. */
const BANNER = [
  `import { createRequire as clawnexCreateRequire } from 'node:module';`,
  'const require = clawnexCreateRequire(import.meta.url);',
].join('\n')

/**
 * @param {{ root: string, progress: (text: string) => void }} options
 * @returns {Promise<Build>}
 */
export async function ensureBuild({ root, progress }) {
  const folder = join(root, '.runtime/build')
  const hash = inputHash(root, KERNEL_INPUTS, 'kernel 1')
  const uiHash = inputHash(root, UI_INPUTS, 'ui 1')
  const build = {
    hash,
    main: join(folder, `main-${hash}.mjs`),
    cli: join(folder, `cli-${hash}.mjs`),
    ui: join(folder, `ui-${uiHash}`),
  }
  const complete = () => existsSync(build.main) && existsSync(build.ui)
  if (!complete()) {
    await withLock(join(root, '.runtime/build.lock'), async () => {
      if (complete()) return
      mkdirSync(folder, { recursive: true })
      const began = Date.now()
      const esbuild = await import('esbuild')
      try {
        const parts = []
        if (!existsSync(build.main)) parts.push(buildKernel(esbuild, root, folder, hash))
        if (!existsSync(build.ui)) parts.push(buildShell(root, folder, build.ui))
        await Promise.all(parts)
      } finally {
        await esbuild.stop()
      }
      progress(`bundled (${Date.now() - began} ms)`)
    })
    removeOld(folder, build)
  }
  return build
}

/** @param {typeof import('esbuild')} esbuild @param {string} root @param {string} folder @param {string} hash */
async function buildKernel(esbuild, root, folder, hash) {
  const staging = mkdtempSync(join(folder, 'tmp-'))
  try {
    await esbuild.build(kernelOptions(root, staging, hash))
    // The entry of the planes moves last: where it exists, the build is whole.
    const names = readdirSync(staging).sort((a, b) => Number(a.startsWith('main-')) - Number(b.startsWith('main-')))
    for (const name of names) replace(join(staging, name), join(folder, name))
  } catch (error) {
    throw buildError(error)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/**
 * @param {string} root @param {string} outdir @param {string} hash
 * @returns {import('esbuild').BuildOptions}
 */
function kernelOptions(root, outdir, hash) {
  const entries = { main: 'kernel/main.ts', cli: 'kernel/cli/main.ts' }
  return {
    absWorkingDir: root,
    entryPoints: Object.entries(entries).map(([out, path]) => ({ in: join(root, path), out })),
    outdir,
    entryNames: `[name]-${hash}`,
    chunkNames: `chunks-${hash}/[name]-[hash]`,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // Each role loads only its own part: the gateway never evaluates Koa or SQLite.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    external: ['better-sqlite3', 'esbuild', 'fsevents', 'dtrace-provider', 'mv', 'source-map-support'],
    alias: {
      'clawnex/contract': join(root, 'kernel/contract/index.ts'),
      '@rushstack/ts-command-line': join(root, 'kernel/cli/unused/ts-command-line.cjs'),
      // The same containers without the loading of modules from folders, which brings a globbing library.
      awilix: 'awilix/browser',
    },
    banner: { js: BANNER },
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'silent',
    legalComments: 'none',
  }
}

/** The shell has its own builder beside the UI host. @param {string} root @param {string} folder @param {string} target */
async function buildShell(root, folder, target) {
  const builder = join(root, 'kernel/uihost/build.mjs')
  const staging = mkdtempSync(join(folder, 'tmp-'))
  try {
    if (existsSync(builder)) {
      /** @type {{ buildUi: (options: { root: string, outDir: string }) => Promise<unknown> }} */
      const { buildUi } = await import(pathToFileURL(builder).href)
      await buildUi({ root, outDir: staging })
    }
    replace(staging, target)
  } catch (error) {
    rmSync(staging, { recursive: true, force: true })
    throw buildError(error)
  }
}

/** @param {string} from @param {string} to */
function replace(from, to) {
  rmSync(to, { recursive: true, force: true })
  renameSync(from, to)
}

/** Keeps the builds in use now and before, so that a running product still finds its lazily loaded parts. @param {string} folder @param {Build} current */
function removeOld(folder, current) {
  const now = new Date()
  for (const path of [current.main, current.ui]) utimesSync(path, now, now)
  for (const pattern of [/^main-(\w+)\.mjs$/, /^ui-(\w+)$/]) {
    const builds = readdirSync(folder).flatMap(name => {
      const hash = pattern.exec(name)?.[1]
      return hash === undefined ? [] : [{ hash, name, at: statSync(join(folder, name)).mtimeMs }]
    })
    for (const { hash, name } of builds.sort((a, b) => b.at - a.at).slice(KEPT_BUILDS)) {
      const parts = name.startsWith('ui-')
        ? [name]
        : [name, `${name}.map`, `cli-${hash}.mjs`, `cli-${hash}.mjs.map`, `chunks-${hash}`]
      for (const part of parts) rmSync(join(folder, part), { recursive: true, force: true })
    }
  }
}

/** @param {unknown} error */
function buildError(error) {
  const errors = /** @type {{ errors?: { text: string, location?: { file: string, line: number } | null }[] }} */ (
    error
  ).errors
  const lines = (errors ?? []).slice(0, 10).map(({ text, location }) => {
    return location ? `${location.file}:${location.line}: ${text}` : text
  })
  const detail = lines.length > 0 ? `\n${lines.join('\n')}` : error instanceof Error ? error.message : String(error)
  return new LaunchError('RUN_BUILD_FAILED', detail, { cause: error })
}
