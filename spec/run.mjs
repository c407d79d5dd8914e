// @ts-check
// Bundles each spec with esbuild and runs it with node:test. Usage: node spec/run.mjs [--long] [file-or-folder …]
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { bundle } from './bundle.mjs'
import { provideChromium } from './chromium.mjs'

const root = resolve(import.meta.dirname, '..')
const args = process.argv.slice(2)
const long = args.includes('--long')
const unknown = args.find(arg => arg.startsWith('-') && arg !== '--long')
if (unknown) fail(`${unknown} is unknown. Usage: npm test -- [--long] [file-or-folder …]`)
const wanted = args.filter(arg => !arg.startsWith('-')).map(arg => resolve(arg))

const specs = (wanted.length > 0 ? wanted : [join(root, 'spec')]).flatMap(findSpecs)
if (specs.length === 0) fail(`no spec found in ${wanted.join(', ')}`)

/** @type {NodeJS.ProcessEnv} */
const env = { ...process.env, CLAWNEX_ROOT: root, CLAWNEX_LONG: long ? '1' : '' }
printTools()

const out = join(root, '.runtime', 'spec', String(process.pid))
removeLeftovers()
mkdirSync(out, { recursive: true })
process.on('exit', () => rmSync(out, { recursive: true, force: true }))
// Specs may lie anywhere, such as beside a plugin in the data folder; the bundles all lie in the one folder.
const entries = specs.map(path => ({
  in: path,
  out: relative(root, path)
    .replace(/\.tsx?$/, '')
    .replaceAll('..', '_'),
}))
await bundle(root, entries, out)
const files = entries.map(entry => join(out, `${entry.out}.mjs`))
if (files.some(needsBrowser)) addChromium()
process.exitCode = await runTests(files)

/** @param {string} path @returns {string[]} */
function findSpecs(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) fail(`${path} does not exist`)
  if (stat?.isFile()) return /\.spec\.tsx?$/.test(path) ? [path] : []
  return readdirSync(path)
    .sort()
    .flatMap(name => (name === 'plugins-broken' ? [] : findSpecs(join(path, name))))
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

/** A report is worth little without knowing what it ran on. */
function printTools() {
  const versions = ['esbuild', 'typescript', 'better-sqlite3', 'playwright-core'].map(name => {
    return `${name} ${JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version}`
  })
  process.stdout.write(
    `node ${process.versions.node}, ${versions.join(', ')}, ${specs.length} spec files${long ? ', full counts' : ''}\n`,
  )
}

/** A bundle holds the spec's fixtures too, so it tells whatever file the browser is started from. @param {string} bundled */
function needsBrowser(bundled) {
  return readFileSync(bundled, 'utf8').includes('CLAWNEX_CHROMIUM')
}

function addChromium() {
  const chromium = provideChromium()
  if ('missing' in chromium) {
    process.stdout.write(`skipped: browser specs, ${chromium.missing}\n`)
    delete env['CLAWNEX_CHROMIUM']
    return
  }
  env['CLAWNEX_CHROMIUM'] = chromium.path
  process.stdout.write(`${chromium.version}\n`)
}

/** Bundles of runs that were killed. */
function removeLeftovers() {
  const folder = join(root, '.runtime', 'spec')
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    if (!isRunning(Number(name))) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** @param {readonly string[]} files @returns {Promise<number>} */
function runTests(files) {
  const concurrency = process.env['CLAWNEX_SPEC_CONCURRENCY'] ?? String(Math.max(2, availableParallelism()))
  const flags = ['--enable-source-maps', '--test', `--test-concurrency=${concurrency}`, '--test-reporter=spec']
  const child = spawn(process.execPath, [...flags, `--test-timeout=${long ? 900_000 : 180_000}`, ...files], {
    cwd: root,
    stdio: 'inherit',
    env,
  })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal))
  return new Promise(done => child.on('exit', (code, signal) => done(signal ? 1 : (code ?? 1))))
}
