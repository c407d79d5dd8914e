// @ts-check
/** Installs the locked packages when what is there is not what the lock file says. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LaunchError } from './errors.mjs'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'

/** @typedef {'runtime' | 'all'} Scope */

/**
 * @param {{ root: string, node: import('./provide-node.mjs').NodeRuntime, scope: Scope, progress: (text: string) => void }} options
 */
export async function ensurePackages({ root, node, scope, progress }) {
  if (isInstalled(root, node.version, scope)) return
  await withLock(
    join(root, '.runtime/packages.lock'),
    async () => {
      if (isInstalled(root, node.version, scope)) return
      await install({ root, node, scope, progress })
    },
    owner => progress(`waiting for process ${owner.pid}, which is installing packages`),
  )
}

/** @param {{ root: string, node: import('./provide-node.mjs').NodeRuntime, scope: Scope, progress: (text: string) => void }} options */
async function install({ root, node, scope, progress }) {
  // A folder that has the packages for tests keeps them: a start after a pull must not take them away.
  const whole = scope === 'all' || readMark(root)?.scope === 'all'
  progress(whole ? 'installing the locked packages' : 'installing the locked packages (without those for tests)')
  const began = Date.now()
  const { ok, output } = await runNpm(whole ? ['ci'] : ['ci', '--omit=dev'], { cwd: root, node: node.path })
  if (!ok) throw new LaunchError('RUN_PACKAGES_FAILED', `npm said:\n${output}`)
  writeMark(root, { lock: lockHash(root), node: node.version, scope: whole ? 'all' : 'runtime' })
  progress(`packages are ready (${Math.round((Date.now() - began) / 1000)} s)`)
}

/** @param {string} root @param {string} nodeVersion @param {Scope} scope */
function isInstalled(root, nodeVersion, scope) {
  const mark = readMark(root)
  const lock = lockHash(root)
  const covers = mark?.scope === 'all' || mark?.scope === scope
  if (covers && mark?.lock === lock && mark?.node === nodeVersion && treeMatches(root, 'quick')) return true
  // Installed by hand with npm: believe what npm wrote down about its own tree.
  for (const found of /** @type {const} */ (['all', 'runtime'])) {
    if (found === 'runtime' && scope === 'all') return false
    if (treeMatches(root, found)) {
      writeMark(root, { lock, node: nodeVersion, scope: found })
      return true
    }
  }
  return false
}

/**
 * Compares the lock file with `node_modules/.package-lock.json`, which npm writes after each complete install.
 * `quick` only asks whether that file is there.
 * @param {string} root @param {Scope | 'quick'} scope
 */
export function treeMatches(root, scope) {
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))
  if (installed === undefined) return false
  if (scope === 'quick') return true
  const locked = readJson(join(root, 'package-lock.json'))
  return Object.entries(locked?.packages ?? {}).every(([path, wanted]) => {
    if (path === '' || wanted.optional || (scope === 'runtime' && (wanted.dev || wanted.devOptional))) return true
    const found = installed.packages?.[path]
    return found?.version === wanted.version && found?.integrity === wanted.integrity
  })
}

/** @param {string} root */
function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** @param {string} root @returns {{ lock: string, node: string, scope: Scope } | undefined} */
function readMark(root) {
  return readJson(join(root, '.runtime/installed'))
}

/** @param {string} root @param {{ lock: string, node: string, scope: Scope }} mark */
function writeMark(root, mark) {
  mkdirSync(join(root, '.runtime'), { recursive: true })
  writeFileSync(join(root, '.runtime/installed'), JSON.stringify(mark))
}

/** @param {string} path */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // Absent or half-written by a broken install: both mean "not installed".
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return undefined
    throw error
  }
}
