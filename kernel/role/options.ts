import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }
import { RunError, type RunOptions } from '../contract/index.ts'

export type Role = 'dashboard' | 'gateway'

export interface ProcessOptions {
  readonly role: Role
  readonly run: RunOptions
  /** Root of the installation: holds `plugins/` and `node_modules/`. */
  readonly root: string
  /** Folder of the built shell, written by the launcher. */
  readonly uiDir: string
  /** Reload plugins when their files change. */
  readonly watch: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** Plugins left out on purpose. */
  readonly without: readonly string[]
}

const FLAGS = {
  role: { type: 'string' },
  data: { type: 'string' },
  'dashboard-port': { type: 'string', default: '5001' },
  'model-port': { type: 'string', default: '4001' },
  rbac: { type: 'string' },
  litellm: { type: 'string', default: 'auto' },
  upstream: { type: 'string', multiple: true },
  watch: { type: 'boolean', default: false },
} as const

interface Flags {
  readonly role?: string
  readonly data?: string
  readonly 'dashboard-port': string
  readonly 'model-port': string
  readonly rbac?: string
  readonly litellm: string
  readonly upstream?: readonly string[]
  readonly watch: boolean
}

/** Reads the command line of a plane's process. Throws RUN_USAGE naming the flag. */
export function parseProcess(argv: readonly string[], env: NodeJS.ProcessEnv): ProcessOptions {
  const values = readFlags(argv)
  const root = env['CLAWNEX_ROOT'] ?? process.cwd()
  return {
    role: oneOf('role', values.role, ['dashboard', 'gateway']),
    root,
    uiDir: env['CLAWNEX_UI_DIR'] ?? join(root, '.runtime', 'ui'),
    watch: values.watch,
    logLevel: oneOf('CLAWNEX_LOG_LEVEL', env['CLAWNEX_LOG_LEVEL'] ?? 'info', ['debug', 'info', 'warn', 'error']),
    without: (env['CLAWNEX_WITHOUT_PLUGINS'] ?? '').split(',').filter(id => id !== ''),
    run: {
      rbac: oneOf('rbac', values.rbac ?? env['CLAWNEX_RBAC'] ?? 'off', ['on', 'off']),
      litellm: oneOf('litellm', values.litellm, ['auto', 'off', 'required']),
      upstreams: (values.upstream ?? []).map(parseUpstream),
      dashboardPort: parsePort('dashboard-port', values['dashboard-port']),
      modelPort: parsePort('model-port', values['model-port']),
      dataDir: resolve(values.data ?? join(root, 'data')),
      version: packageJson.version,
    },
  }
}

function readFlags(argv: readonly string[]): Flags {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values as Flags
  } catch (error) {
    throw new RunError('RUN_USAGE', { detail: error instanceof Error ? error.message : String(error), cause: error })
  }
}

function oneOf<const T extends string>(flag: string, value: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find(item => item === value)
  if (found === undefined) throw new RunError('RUN_USAGE', { detail: `--${flag} takes ${allowed.join(' or ')}.` })
  return found
}

function parsePort(flag: string, value: string): number {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RunError('RUN_USAGE', { detail: `--${flag} takes a port from 0 to 65535.` })
  }
  return port
}

/** `bar=http://127.0.0.1:9/v1` or `bar=http://127.0.0.1:9,anthropic`. */
export function parseUpstream(text: string): RunOptions['upstreams'][number] {
  const match = /^([a-z][a-z0-9-]{0,39})=(https?:\/\/[^,\s]+)(?:,(openai|anthropic))?$/.exec(text)
  if (match === null || !URL.canParse(match[2] as string)) {
    throw new RunError('RUN_USAGE', { detail: `--upstream takes ID=URL[,openai|anthropic], not "${text}".` })
  }
  const [, id, url, dialect = 'openai'] = match as unknown as [
    string,
    string,
    string,
    'openai' | 'anthropic' | undefined,
  ]
  return { id, url: url.replace(/\/+$/, ''), dialect }
}
