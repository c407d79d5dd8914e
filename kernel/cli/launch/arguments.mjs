// @ts-check
/** The flags of `start`. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { LaunchError } from './errors.mjs'

/**
 * @typedef {object} StartOptions
 * @property {string} data          absolute path of the data folder
 * @property {number} dashboardPort 0: any free one
 * @property {number} modelPort     0: any free one
 * @property {'auto' | 'off' | 'required'} litellm
 * @property {'on' | 'off'} rbac
 * @property {readonly string[]} upstreams `ID=URL[,openai|anthropic]`
 * @property {boolean} open
 * @property {boolean} json
 * @property {boolean | undefined} watch undefined: decided by the installation
 */

export const START_USAGE = `Usage: clawnex start [flags]        (or: npm start -- [flags])

Starts the dashboard and the model path and keeps them running until Ctrl+C.

  --data DIR             folder of all data (default: data)
  --dashboard-port N     port of the dashboard (default: 5001; 0: any free one)
  --model-port N         port of the model path (default: 4001; 0: any free one)
  --upstream ID=URL[,openai|anthropic]
                         provider for this run; its models are ID/<model>; may be repeated
  --litellm auto|off|required
                         use of LiteLLM (default: auto)
  --rbac on|off          sign-in for people (default: CLAWNEX_RBAC, else off)
  --no-watch             do not reload plugins when their files change
  --no-open              do not open the browser
  --json                 print events as one JSON object a line

Example: clawnex start --upstream local=http://127.0.0.1:11434/v1
`

const FLAGS = /** @type {const} */ ({
  data: { type: 'string' },
  'dashboard-port': { type: 'string', default: '5001' },
  'model-port': { type: 'string', default: '4001' },
  litellm: { type: 'string', default: 'auto' },
  rbac: { type: 'string' },
  upstream: { type: 'string', multiple: true, default: /** @type {string[]} */ ([]) },
  'no-open': { type: 'boolean', default: false },
  'no-watch': { type: 'boolean', default: false },
  watch: { type: 'boolean' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
})

/**
 * @param {readonly string[]} argv after the word `start`
 * @param {{ env: NodeJS.ProcessEnv, root: string, cwd: string }} where
 * @returns {StartOptions | 'help'} Throws RUN_USAGE that names the flag.
 */
export function parseStart(argv, { env, root, cwd }) {
  const values = readFlags(argv)
  if (values.help) return 'help'
  const upstreams = values.upstream
  checkUpstreams(upstreams)
  const dashboardPort = parsePort('--dashboard-port', values['dashboard-port'])
  const modelPort = parsePort('--model-port', values['model-port'])
  if (dashboardPort === modelPort && modelPort !== 0)
    throw new LaunchError('RUN_USAGE', `--dashboard-port and --model-port are both ${modelPort}; they must differ.`)
  // An unset variable in a script would otherwise make the current folder the data folder.
  if (values.data === '') throw new LaunchError('RUN_USAGE', '--data takes a folder, not an empty text.')
  return {
    data: values.data === undefined ? resolve(root, 'data') : resolve(cwd, values.data),
    dashboardPort,
    modelPort,
    litellm: oneOf('--litellm', values.litellm, ['auto', 'off', 'required']),
    rbac: values.rbac
      ? oneOf('--rbac', values.rbac, ['on', 'off'])
      : oneOf('CLAWNEX_RBAC', env['CLAWNEX_RBAC'] || 'off', ['on', 'off']),
    upstreams,
    open: !values['no-open'],
    json: values.json,
    watch: values['no-watch'] ? false : values.watch,
  }
}

/** @param {readonly string[]} argv */
function readFlags(argv) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values
  } catch (error) {
    throw new LaunchError('RUN_USAGE', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/**
 * @template {string} T
 * @param {string} flag @param {string | undefined} value @param {readonly T[]} allowed @returns {T}
 */
function oneOf(flag, value, allowed) {
  const found = allowed.find(item => item === value)
  if (found === undefined) throw new LaunchError('RUN_USAGE', `${flag} takes ${allowed.join(' or ')}, not "${value}".`)
  return found
}

/** @param {string} flag @param {string | undefined} text */
function parsePort(flag, text) {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : Number.NaN
  if (!(port <= 65535)) throw new LaunchError('RUN_USAGE', `${flag} takes a port from 0 to 65535, not "${text}".`)
  return port
}

/** Providers of the product itself. */
const RESERVED = new Set(['clawnex', 'litellm', 'internal'])

/** @param {readonly string[]} upstreams */
function checkUpstreams(upstreams) {
  const ids = new Set()
  for (const upstream of upstreams) {
    checkUpstream(upstream)
    const id = upstream.slice(0, upstream.indexOf('='))
    if (RESERVED.has(id)) throw new LaunchError('RUN_USAGE', `--upstream may not use the id "${id}"; it is built in.`)
    if (ids.has(id)) throw new LaunchError('RUN_USAGE', `--upstream names "${id}" twice.`)
    ids.add(id)
  }
}

/** @param {string} text */
function checkUpstream(text) {
  const url = /^[a-z][a-z0-9-]{0,39}=(https?:\/\/[^,\s]+)(,(openai|anthropic))?$/.exec(text)?.[1]
  if (url === undefined || !isUrl(url)) {
    throw new LaunchError('RUN_USAGE', `--upstream takes ID=URL[,openai|anthropic], not "${text}".`)
  }
}

/** @param {string} text */
function isUrl(text) {
  try {
    return new URL(text).hostname !== ''
  } catch {
    // The constructor's way of saying no; URL.canParse is missing in Node 18.
    return false
  }
}

/**
 * The command line of one plane's process.
 * @param {'gateway' | 'dashboard'} role @param {StartOptions} options
 */
export function planeArguments(role, options) {
  return [
    ...['--role', role, '--data', options.data],
    ...['--dashboard-port', String(options.dashboardPort), '--model-port', String(options.modelPort)],
    ...['--rbac', options.rbac, '--litellm', options.litellm],
    ...options.upstreams.flatMap(upstream => ['--upstream', upstream]),
    ...(options.watch ? ['--watch'] : []),
  ]
}
