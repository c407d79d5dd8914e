// @ts-check
/** Finds the Node that the product runs on: the running one when it fits, else a private, pinned build in `.runtime/node`. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LaunchError } from './errors.mjs'
import { withLock } from './lock.mjs'
import { runNpm } from './npm.mjs'
import { nodeFits, nodePackageFor, thisMachine } from './platform.mjs'
import { extractFiles } from './tar.mjs'

/** @typedef {{ path: string, version: string, isPrivate: boolean }} NodeRuntime */

/**
 * @param {string} root
 * @param {(text: string) => void} progress
 * @returns {Promise<NodeRuntime>}
 */
export async function provideNode(root, progress) {
  const running = process.versions.node
  if (nodeFits(running)) return { path: process.execPath, version: running, isPrivate: false }
  const choice = nodePackageFor(thisMachine())
  if ('why' in choice) throw new LaunchError('RUN_NODE_UNAVAILABLE', `This is Node ${running}, and ${choice.why}.`)
  const wanted = choice.package
  const path = join(root, '.runtime/node', wanted.version, 'bin/node')
  if (!existsSync(path)) {
    await withLock(
      join(root, '.runtime/node.lock'),
      async () => {
        if (!existsSync(path)) await installNode(root, wanted, path, progress)
      },
      owner => progress(`waiting for process ${owner.pid}, which is getting Node`),
    )
  }
  return { path, version: wanted.version, isPrivate: true }
}

/**
 * @param {string} root @param {import('./platform.mjs').NodePackage} wanted @param {string} path
 * @param {(text: string) => void} progress
 */
async function installNode(root, wanted, path, progress) {
  progress(`getting Node ${wanted.version} (about 50 MB, once)`)
  const folder = join(root, '.runtime')
  mkdirSync(folder, { recursive: true })
  const temporary = mkdtempSync(join(folder, 'node-'))
  try {
    const archive = await fetchPackage(wanted, temporary)
    await unpackNode(archive, wanted.integrity, path)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** @param {import('./platform.mjs').NodePackage} wanted @param {string} folder @returns {Promise<string>} */
async function fetchPackage(wanted, folder) {
  const spec = `${wanted.name}@${wanted.version}`
  const { ok, output } = await runNpm(['pack', spec, '--pack-destination', folder], {
    cwd: folder,
    node: process.execPath,
  })
  const archive = readdirSync(folder).find(name => name.endsWith('.tgz'))
  if (ok && archive) return join(folder, archive)
  throw new LaunchError('RUN_NODE_UNAVAILABLE', `npm could not fetch ${spec}:\n${output}`)
}

/**
 * Verifies the archive and puts its `bin/node` at `path`. The last step is one rename: a half-written Node is never found there.
 * @param {string} archive @param {string} integrity @param {string} path
 */
export async function unpackNode(archive, integrity, path) {
  const found = await integrityOf(archive)
  if (found !== integrity) {
    throw new LaunchError(
      'RUN_NODE_UNAVAILABLE',
      `The fetched archive is not the pinned one: ${found}, not ${integrity}.`,
    )
  }
  const home = dirname(dirname(path))
  mkdirSync(dirname(home), { recursive: true })
  const staging = mkdtempSync(`${home}-`)
  try {
    mkdirSync(join(staging, 'bin'))
    const files = new Map([
      ['package/bin/node', { path: join(staging, 'bin/node'), mode: 0o755 }],
      ['package/LICENSE', { path: join(staging, 'LICENSE'), mode: 0o644 }],
    ])
    const names = await extractFiles(archive, files)
    if (!names.includes('package/bin/node')) throw new Error('the archive holds no bin/node')
    rmSync(home, { recursive: true, force: true })
    renameSync(staging, home)
  } catch (error) {
    rmSync(staging, { recursive: true, force: true })
    const why = error instanceof Error ? error.message : String(error)
    throw new LaunchError('RUN_NODE_UNAVAILABLE', `It could not be unpacked: ${why}.`, { cause: error })
  }
}

/** @param {string} path @returns {Promise<string>} */
async function integrityOf(path) {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return `sha512-${hash.digest('base64')}`
}
