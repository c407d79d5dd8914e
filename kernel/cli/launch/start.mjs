// @ts-check
/** `clawnex start`: provides everything the product needs, then runs both planes until it is told to end. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseStart, planeArguments, START_USAGE } from './arguments.mjs'
import { openBrowser } from './browser.mjs'
import { ensureBuild } from './build.mjs'
import { callerFolder } from './caller.mjs'
import { exitNameOf, LaunchError, readExitCodes } from './errors.mjs'
import { createLogFiles } from './log-files.mjs'
import { createOutput } from './output.mjs'
import { ensurePackages } from './packages.mjs'
import { provideNode } from './provide-node.mjs'
import { claimData } from './run-state.mjs'
import { createSupervisor } from './supervisor.mjs'

/** @typedef {import('./supervisor.mjs').Role} Role */

const NODE_FLAGS = ['--enable-source-maps', '--no-compilation-cache', '--max-old-space-size=512']
/** The dashboard starts with much garbage and then idles: a small young generation keeps that from staying resident (decision 0012). */
const ROLE_FLAGS = { dashboard: ['--max-semi-space-size=2'], gateway: [] }
const DRAIN_MS = 10_000
const ENDING = /** @type {const} */ (['SIGINT', 'SIGTERM'])
const ROLES = /** @type {const} */ (['gateway', 'dashboard'])

/** @param {string} root @param {readonly string[]} argv @returns {Promise<number>} exit code */
export async function start(root, argv) {
  const options = readOptions(root, argv)
  if (options === 'help') {
    process.stdout.write(START_USAGE)
    return 0
  }
  const output = createOutput({ json: options.json, stdout: process.stdout, stderr: process.stderr })
  const exitCode = readExitCodes(root)
  try {
    return await run(root, { ...options, watch: options.watch ?? existsSync(join(root, '.git')) }, output, exitCode)
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error
    output.error({ code: error.code, message: error.message, action: error.action })
    return exitCode(error.exit)
  }
}

/** @param {string} root @param {readonly string[]} argv */
function readOptions(root, argv) {
  try {
    return parseStart(argv, { env: process.env, root, cwd: callerFolder(root, process.env, process.cwd()) })
  } catch (error) {
    if (error instanceof LaunchError) process.stderr.write(`${START_USAGE}\n`)
    throw error
  }
}

/**
 * @param {string} root @param {import('./arguments.mjs').StartOptions} options
 * @param {import('./output.mjs').Output} output @param {(name: string) => number} exitCode
 */
async function run(root, options, output, exitCode) {
  const { progress } = output
  const claim = claimData(options.data, productVersion(root))
  const logs = createLogFiles(options.data, why =>
    output.error({ code: 'RUN_DATA_READONLY', message: why, action: 'Free disk space.' }),
  )
  const endEarly = () => {
    claim.release()
    process.exit(exitCode('interrupted'))
  }
  for (const signal of ENDING) process.on(signal, endEarly)
  try {
    const node = await provideNode(root, progress)
    await ensurePackages({ root, node, scope: 'runtime', progress })
    let build = await ensureBuild({ root, progress })
    // Installed parts above keep the user's own mask; what the planes write is theirs alone.
    process.umask(0o077)
    const supervisor = createSupervisor({
      roles: ROLES,
      spawn: (role, port) =>
        watchOutput(
          spawnPlane({ root, node: node.path, build, role, options: withPort(options, role, port) }),
          role,
          output,
          logs,
        ),
      listener: listenWith({ output, claim, options, states: () => supervisor.states() }),
    })
    for (const signal of ENDING) process.off(signal, endEarly)
    onSignals({
      stop: () => void supervisor.stop(DRAIN_MS),
      kill: () => supervisor.kill(),
      restart: async () => {
        build = await ensureBuild({ root, progress })
        await supervisor.restart(DRAIN_MS)
        claim.update({ restarted: claim.current().restarted + 1 })
      },
    })
    endWithNpm(() => void supervisor.stop(DRAIN_MS))
    supervisor.start()
    const { fatal } = await supervisor.ended
    output.event({ event: 'stopped' })
    return fatal ? exitCode(exitNameOf(fatal.code)) : 0
  } finally {
    logs.close()
    claim.release()
  }
}

/**
 * @param {object} parts
 * @param {import('./output.mjs').Output} parts.output
 * @param {ReturnType<typeof claimData>} parts.claim
 * @param {import('./arguments.mjs').StartOptions} parts.options
 * @param {() => Record<string, any>} parts.states
 * @returns {import('./supervisor.mjs').Listener}
 */
function listenWith({ output, claim, options, states }) {
  return {
    child(role, state, details) {
      output.event({ event: 'child', role, state, ...details })
      claim.update({ children: states() })
    },
    ready({ dashboard, gateway }) {
      const ready = {
        event: 'ready',
        dashboard: `http://127.0.0.1:${dashboard.port}`,
        model: `http://127.0.0.1:${gateway.port}`,
        link: dashboard.link ?? null,
        ...(dashboard.modelKey ? { modelKey: dashboard.modelKey } : {}),
        ...(dashboard.apiKey ? { apiKey: dashboard.apiKey } : {}),
      }
      claim.update({ dashboard: ready.dashboard, model: ready.model, children: states() })
      output.event(ready)
      if (options.open && !options.json && process.stdout.isTTY && dashboard.link) openBrowser(dashboard.link)
    },
    progress: output.progress,
    event: event => output.event(/** @type {{ event: string }} */ (event)),
    fatal: ({ code, message, action }) => output.error({ code, message, action }),
  }
}

/**
 * @param {{ root: string, node: string, build: import('./build.mjs').Build, role: Role, options: import('./arguments.mjs').StartOptions }} plane
 */
function spawnPlane({ root, node, build, role, options }) {
  return spawn(node, [...NODE_FLAGS, ...ROLE_FLAGS[role], build.main, ...planeArguments(role, options)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...withoutNpm(process.env),
      CLAWNEX_ROOT: root,
      CLAWNEX_BUILD: build.hash,
      CLAWNEX_UI_DIR: build.ui,
      CLAWNEX_NODE: node,
    },
  })
}

/**
 * @param {import('node:child_process').ChildProcess} child @param {Role} role
 * @param {import('./output.mjs').Output} output @param {ReturnType<typeof createLogFiles>} logs
 */
function watchOutput(child, role, output, logs) {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', line => {
      logs.write(role, `${line}\n`)
      output.log(role, line)
    })
  }
  return child
}

/** A process that comes back keeps the port it had, so that links and agents stay valid. @param {import('./arguments.mjs').StartOptions} options @param {Role} role @param {number | undefined} port */
function withPort(options, role, port) {
  if (port === undefined) return options
  return role === 'dashboard' ? { ...options, dashboardPort: port } : { ...options, modelPort: port }
}

/** @param {{ stop: () => void, kill: () => void, restart: () => Promise<void> }} actions */
function onSignals({ stop, kill, restart }) {
  let asked = 0
  for (const signal of ENDING) {
    process.on(signal, () => {
      asked += 1
      // Someone who presses Ctrl+C again does not want to wait for the drain. npm repeats SIGTERM, so that one never counts.
      if (asked > 1 && signal === 'SIGINT') kill()
      else stop()
    })
  }
  let restarting = false
  process.on('SIGHUP', () => {
    if (restarting) return
    restarting = true
    void restart()
      .catch(error => process.stderr.write(`restart failed: ${error instanceof Error ? error.message : error}\n`))
      .finally(() => {
        restarting = false
      })
  })
}

/**
 * npm 10 and newer pass a signal on only to their direct child, and die of SIGKILL without a word; then nobody is left who
 * could end the product, so it ends itself.
 * @param {() => void} stop
 */
function endWithNpm(stop) {
  if (!process.env['npm_lifecycle_event']) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, 500)
  timer.unref()
}

/** npm hands its settings, tokens among them, down in the environment; the planes have no business with them. @param {NodeJS.ProcessEnv} env */
function withoutNpm(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)))
}

/** @param {string} root @returns {string} */
function productVersion(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}
