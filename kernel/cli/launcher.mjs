#!/usr/bin/env node
// @ts-check
/**
 * Entry of everything: `npm start`, `npm test`, `./clawnex …`. Plain JavaScript for Node 18 and newer, because it runs before
 * anything is installed, on whatever Node the machine has.
 */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const [command = 'start', ...rest] = process.argv.slice(2)

/** @returns {Promise<number>} */
async function launch() {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    process.stderr.write(`ClawNex needs Node.js 18 or newer to begin; this is ${process.versions.node}.\n`)
    return 12
  }
  // Each command loads only what it needs: `status` has to answer at once.
  if (command === 'start') return (await import('./launch/start.mjs')).start(root, rest)
  const tools = await import('./launch/tools.mjs')
  if (command === 'test') return tools.runSpecs(root, rest)
  if (command === 'bench') return tools.runBench(root, rest)
  if (command === 'check') return tools.runCheck(root)
  return tools.runCli(root, [command, ...rest])
}

/** @param {unknown} error @returns {Promise<number>} */
async function explain(error) {
  const { LaunchError, readExitCodes } = await import('./launch/errors.mjs')
  if (!(error instanceof LaunchError)) throw error
  process.stderr.write(`${error.code}: ${error.message}\n→ ${error.action}\n`)
  return readExitCodes(root)(error.exit)
}

process.exitCode = await launch().catch(explain)
