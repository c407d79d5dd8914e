// Bundles each spec with esbuild and runs it with node:test. Usage: node spec/run.mjs [--long] [file-or-folder …]
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import * as esbuild from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const args = process.argv.slice(2)
const long = args.includes('--long')
const wanted = args.filter(arg => !arg.startsWith('--')).map(arg => resolve(arg))

function findSpecs(path) {
  if (statSync(path).isFile()) return /\.spec\.tsx?$/.test(path) ? [path] : []
  return readdirSync(path)
    .sort()
    .flatMap(name => (name === 'plugins-broken' ? [] : findSpecs(join(path, name))))
}

const specs = (wanted.length > 0 ? wanted : [join(root, 'spec')]).flatMap(findSpecs)
const out = join(root, '.runtime', 'spec', String(process.pid))
mkdirSync(out, { recursive: true })
await esbuild.build({
  entryPoints: specs.map(path => ({ in: path, out: relative(join(root, 'spec'), path).replace(/\.tsx?$/, '') })),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: false,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  packages: 'external',
  alias: {
    'clawnex/contract': join(root, 'kernel/contract/index.ts'),
    'clawnex/testing': join(root, 'kernel/testing/index.ts'),
    'clawnex/ui': join(root, 'ui/sdk/index.ts'),
  },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  sourcemap: 'inline',
  logLevel: 'error',
})
await esbuild.stop()

const files = specs.map(path => join(out, relative(join(root, 'spec'), path).replace(/\.tsx?$/, '.mjs')))
const concurrency = process.env.CLAWNEX_SPEC_CONCURRENCY ?? String(Math.max(2, availableParallelism()))
const child = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-reporter=spec',
    '--test-timeout=180000',
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, CLAWNEX_ROOT: root, CLAWNEX_LONG: long ? '1' : '' } },
)
child.on('exit', (code, signal) => {
  rmSync(out, { recursive: true, force: true })
  process.exit(signal ? 1 : (code ?? 1))
})
