/** The real HTTP server around small fakes of the kernel and of the access service. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { after } from 'node:test'
import { type Access, type Actor, ApiError, type PluginStatus, type RouteSpec } from '../../../kernel/contract/index.ts'
import type { Http, HttpOptions } from '../../../kernel/http/server.ts'
import { createHttp } from '../../../kernel/http/server.ts'
import type { CompiledRoutes, EventHub, Kernel, Snapshot, UiHost } from '../../../kernel/ports.ts'
import { quiet, SPEC_RUN } from '../../fixtures/plugin-host.ts'

export { quiet }

export interface LogLine {
  readonly level: string
  readonly fields: Record<string, unknown>
  readonly message: string
}

const UI: UiHost = {
  shell: () => ({ html: '<!doctype html><title>shell</title>', csp: "default-src 'self'" }),
  noSession: () => ({ html: '<!doctype html><title>no session</title>', csp: "default-src 'none'" }),
  asset: path =>
    path === '/assets/app-abc.js'
      ? {
          body: Buffer.from('plain'),
          type: 'text/javascript',
          gzip: Buffer.from('zipped'),
          brotli: Buffer.from('brotli'),
        }
      : null,
}

const STATUS: PluginStatus = {
  id: 'demo',
  title: 'Demo',
  summary: null,
  version: '1.0.0',
  state: 'active',
  generation: 1,
  generations: [{ generation: 1, version: '1.0.0', state: 'active', pins: 0, since: 1 }],
  error: null,
  needs: {},
  wants: {},
  builtin: true,
  owns: {
    routes: [],
    migrations: [],
    services: [],
    points: [],
    jobs: [],
    effects: [],
    ui: false,
    gateway: false,
  },
  permissions: [],
  capabilities: [],
}

export interface Rig {
  readonly http: Http
  readonly log: readonly LogLine[]
  /** Replaces the routes of the plugin `demo` with a new generation. */
  load(specs: readonly RouteSpec[]): void
  /** A key that holds these permissions; `*` for all. */
  key(...permissions: string[]): string
  actorOf(key: string): Actor
  revoke(key: string, options?: { readonly silently: boolean }): void
  /** A token for `/open`. */
  link(): string
  emit(id: string, permission: string, payload: unknown): void
  pins(): number
  accessIs(present: boolean): void
  kernelIs(present: boolean): void
  /** Opens a port; closed after the spec. */
  listen(): Promise<number>
  readonly reloads: readonly { readonly plugin: string; readonly by: string }[]
}

export function createRig(
  options: Partial<HttpOptions> & { readonly specs?: readonly RouteSpec[]; readonly configSchema?: object } = {},
): Rig {
  const actors = new Map<string, Actor>()
  const links = new Set<string>()
  const revokers = new Set<(id: string) => void>()
  const taps = new Set<Parameters<EventHub['tap']>[0]>()
  const log: LogLine[] = []
  const reloads: { plugin: string; by: string }[] = []
  let pins = 0
  let generation = 0
  let hasAccess = true
  let hasKernel = true
  let snapshot: Snapshot = {
    id: 0,
    generations: [],
    routes: new Map(),
    services: new Map(),
    points: new Map(),
    ui: [],
  }

  const access: Access = {
    mode: 'off',
    authenticate({ authorization, apiKey, cookie }) {
      const sent = new Set(
        [authorization?.replace(/^Bearer /, ''), apiKey, cookie?.replace(/^s=/, '')].filter(
          value => value !== undefined,
        ),
      )
      if (sent.size > 1) throw new ApiError('API_CREDENTIALS_AMBIGUOUS')
      const [secret] = sent
      if (secret === undefined) return null
      const actor = actors.get(secret)
      if (actor === undefined) throw new ApiError('API_CREDENTIAL_INVALID')
      return actor
    },
    isCurrent: actor => [...actors.values()].includes(actor),
    openLink: () => ({ token: '', expiresAt: 0 }),
    redeemLink: token => (links.delete(token) ? { setCookie: 's=new; Path=/; HttpOnly; SameSite=Strict' } : null),
    takeFirstKeys: () => null,
    onRevoked(listener) {
      revokers.add(listener)
      return () => void revokers.delete(listener)
    },
  }

  const kernel: Kernel = {
    plane: 'dashboard',
    snapshot: () => snapshot,
    pin() {
      pins += 1
      let held = true
      return {
        snapshot,
        release() {
          if (held) pins -= 1
          held = false
        },
      }
    },
    start: async () => {},
    stop: async () => {},
    async reload(plugin, by) {
      reloads.push({ plugin, by })
      return {
        id: 1,
        plugin,
        closure: [plugin],
        from: null,
        to: { version: '1.0.0', generation: 2 },
        result: 'swapped',
        by,
        steps: [],
        error: null,
        startedAt: 1,
        ms: 1,
        swapMicros: 1,
        drainedMs: null,
      }
    },
    stage: () => Promise.reject(new Error('not here')),
    status: () => [STATUS],
    manifest: () => ({ config: { schema: options.configSchema, version: '1.0' } }) as never,
    transactions: () => [],
    onTransaction: () => () => {},
    events: {
      on: () => () => {},
      emit: () => {},
      tap(listener) {
        taps.add(listener)
        return () => void taps.delete(listener)
      },
    },
  }

  const write = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void log.push({ level, fields, message })
  const http = createHttp({
    kernel: () => (hasKernel ? kernel : undefined),
    access: () => (hasAccess ? access : undefined),
    uiHost: () => UI,
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    run: { ...SPEC_RUN, dashboardPort: 5001, modelPort: 4001, version: '9.9.9' },
    health: () => ({ status: 'ok', version: '9.9.9', plane: 'dashboard', uptimeMs: 1 }),
    ready: () => (hasKernel ? { ready: true } : { ready: false, why: 'plugins are starting' }),
    checkReplies: true,
    ...options,
  })
  after(() => http.close(0))

  const rig: Rig = {
    http,
    log,
    reloads,
    load(specs) {
      generation += 1
      const signal = new AbortController().signal
      const routes: CompiledRoutes = http.compileRoutes({ plugin: 'demo', generation, log: quiet, signal }, specs)
      snapshot = { ...snapshot, id: snapshot.id + 1, routes: new Map([['demo', routes]]) }
    },
    key(...permissions) {
      const secret = randomBytes(12).toString('hex')
      actors.set(secret, {
        kind: 'key',
        id: `key_${secret.slice(0, 6)}`,
        name: 'a key',
        person: false,
        permissions: permissions[0] === '*' ? '*' : new Set(permissions),
      })
      return secret
    },
    actorOf: key => actors.get(key) as Actor,
    revoke(key, { silently } = { silently: false }) {
      const { id } = rig.actorOf(key)
      actors.delete(key)
      if (!silently) for (const listener of revokers) listener(id)
    },
    link() {
      const token = randomBytes(12).toString('hex')
      links.add(token)
      return token
    },
    emit(id, permission, payload) {
      for (const tap of taps) tap({ id, permission, payload })
    },
    pins: () => pins,
    accessIs: present => {
      hasAccess = present
    },
    kernelIs: present => {
      hasKernel = present
    },
    listen: async () => (await http.listen(0)).port,
  }
  rig.load(options.specs ?? [])
  return rig
}

/** Sends bytes as they are and gives back everything that came until the server closed, or until `ms` passed. */
export function sendRaw(port: number, bytes: string | Buffer, ms = 3000): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const done = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    const timer = setTimeout(done, ms)
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('close', done)
    // A reset is one way to refuse; what was answered before it counts.
    socket.on('error', done)
    socket.write(bytes)
  })
}

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

export async function until<T>(find: () => T | undefined | false, ms = 5000): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const found = find()
    if (found) return found
    if (Date.now() > end) throw new Error('it did not happen in time')
    await new Promise(done => setTimeout(done, 5))
  }
}
