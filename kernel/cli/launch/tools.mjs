// @ts-check
/** `test`, `bench`, `check` and every other command: provides what it needs, then hands over with the terminal attached. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ensureBuild } from './build.mjs'
import { ensurePackages } from './packages.mjs'
import { provideNode } from './provide-node.mjs'

/** @param {string} text */
const progress = text => void process.stderr.write(`· ${text}\n`)

/** @param {string} root @param {readonly string[]} argv @returns {Promise<number>} */
export async function runSpecs(root, argv) {
  const node = await prepare(root)
  return hand(root, node, ['spec/run.mjs', ...argv])
}

/** @param {string} root @param {readonly string[]} argv @returns {Promise<number>} */
export async function runBench(root, argv) {
  const node = await prepare(root)
  return hand(root, node, ['spec/bench/run.mjs', ...argv])
}

/** Style, types and layers; all of them run, so that one report shows everything. @param {string} root @returns {Promise<number>} */
export async function runCheck(root) {
  const node = await prepare(root)
  const steps = /** @type {const} */ ([
    ['style', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']],
    ['types', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']],
    ['layers', ['spec/run.mjs', 'spec/kernel/layers.spec.ts', 'spec/kernel/tree.spec.ts']],
  ])
  let failed = 0
  for (const [name, args] of steps) {
    progress(`checking ${name}`)
    const code = await hand(root, node, args)
    if (code !== 0) process.stderr.write(`! ${name}: failed\n`)
    failed ||= code
  }
  return failed === 0 ? 0 : 1
}

/** @param {string} root @param {readonly string[]} argv @returns {Promise<number>} */
export async function runCli(root, argv) {
  const node = await provideNode(root, progress)
  await ensurePackages({ root, node, scope: 'runtime', progress })
  const build = await ensureBuild({ root, progress })
  return hand(root, node.path, ['--enable-source-maps', build.cli, ...argv], { CLAWNEX_BUILD: build.hash })
}

/** @param {string} root */
async function prepare(root) {
  const node = await provideNode(root, progress)
  await ensurePackages({ root, node, scope: 'all', progress })
  return node.path
}

/**
 * @param {string} root @param {string} node @param {readonly string[]} args @param {Record<string, string>} [env]
 * @returns {Promise<number>}
 */
function hand(root, node, args, env = {}) {
  const [first = '', ...rest] = args
  const script = existsSync(join(root, first)) ? [join(root, first), ...rest] : args
  const child = spawn(node, script, {
    cwd: first.startsWith('spec/') ? root : process.cwd(),
    stdio: 'inherit',
    env: {
      ...process.env,
      ...env,
      CLAWNEX_ROOT: root,
      CLAWNEX_NODE: node,
      PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`,
    },
  })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)))
  })
}
