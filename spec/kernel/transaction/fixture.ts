import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Actor, Logger, RouteSpec } from '../../../kernel/contract/index.ts'
import type { CompileRoutes, DashboardPlane, GatewayPlane, KernelOptions, Store } from '../../../kernel/ports.ts'
import { memoryStore } from '../../../kernel/testing/memory-store.ts'
import { createKernel, type MeasuredKernel, type Tuning } from '../../../kernel/transaction/kernel.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { memorySecrets, SPEC_RUN } from '../../fixtures/plugin-host.ts'

export interface Line {
  readonly level: string
  readonly fields: Record<string, unknown>
  readonly message: string
}

export function recordingLog(lines: Line[]): Logger {
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const SYSTEM: Actor = { kind: 'system', id: 'probe', name: 'probe', person: false, permissions: '*' }

/** Calls the handler of `GET <path>` the way the dispatcher does, without HTTP. */
export const plainRoutes: CompileRoutes = ({ plugin, log, signal }, specs) => {
  const call = (spec: RouteSpec) =>
    spec.handle({
      params: {},
      query: {},
      body: {},
      actor: SYSTEM,
      log,
      signal,
      trace: 't',
      ifMatch: undefined,
    } as never)
  return {
    plugin,
    specs,
    async handle(ctx) {
      const spec = specs.find(({ path }) => `/${plugin}${path}` === ctx.path)
      if (spec === undefined) return false
      ctx.body = await call(spec)
      return true
    },
    async probe() {
      for (const spec of specs.filter(({ probe }) => probe)) await call(spec)
    },
  }
}

export interface Workshop {
  readonly kernel: MeasuredKernel
  readonly store: Store
  readonly lines: Line[]
  readonly folder: string
  readonly options: KernelOptions
  /** Writes files of a plugin; a manifest is made unless given. `null` removes. */
  write(id: string, files: Readonly<Record<string, string | null>>, manifest?: Readonly<Record<string, unknown>>): void
  remove(id: string): void
  /** Another kernel on the same folders and store, as after a restart. */
  restart(tuning?: Tuning): MeasuredKernel
  state(id: string): string | undefined
  error(id: string): string | undefined
}

export interface WorkshopOptions {
  readonly plane?: 'dashboard' | 'gateway'
  readonly limits?: Tuning['limits']
  readonly watch?: boolean
  readonly dashboardPlane?: DashboardPlane
  readonly gatewayPlane?: GatewayPlane
  readonly services?: ReadonlyMap<string, unknown>
  readonly store?: Store
}

/** A kernel on folders of its own. Stopped when the test ends. */
export function workshop(test: Pick<TestContext, 'after'>, given: WorkshopOptions = {}): Workshop {
  const folder = temporaryFolder(test)
  const lines: Line[] = []
  const store = given.store ?? memoryStore()
  const plane = given.plane ?? 'dashboard'
  const pluginDir = join(folder, 'plugins')
  mkdirSync(pluginDir)
  const options: KernelOptions = {
    plane,
    builtinDir: pluginDir,
    extraDir: join(folder, 'extra'),
    buildDir: join(folder, 'build'),
    log: recordingLog(lines),
    run: { ...SPEC_RUN, dataDir: folder },
    secrets: memorySecrets(),
    watch: given.watch ?? false,
    ...(plane === 'dashboard' ? { store, compileRoutes: plainRoutes } : {}),
    ...(given.dashboardPlane === undefined ? {} : { dashboardPlane: given.dashboardPlane }),
    ...(given.gatewayPlane === undefined ? {} : { gatewayPlane: given.gatewayPlane }),
    ...(given.services === undefined ? {} : { services: given.services }),
  }
  const started: MeasuredKernel[] = []
  const open = (tuning: Tuning): MeasuredKernel => {
    const kernel = createKernel(options, tuning)
    started.push(kernel)
    return kernel
  }
  const limits = { soft: 200, hard: 500, settle: 500, undo: 100, probe: 1_500, ...given.limits }
  const kernel = open({ limits })
  test.after(async () => {
    for (const one of started) await one.stop(200)
  })

  return {
    kernel,
    store,
    lines,
    folder,
    options,
    write(id, files, manifest = {}) {
      const home = join(pluginDir, id)
      mkdirSync(home, { recursive: true })
      for (const [path, text] of Object.entries(files)) writeOne(join(home, path), text)
      if ('plugin.json' in files) return
      const base = { id, version: '1.0.0', title: id, api: '^1.0.0', kind: 'feature', entries: entriesOf(home) }
      writeFileSync(join(home, 'plugin.json'), JSON.stringify({ ...base, ...manifest }))
    },
    remove: id => rmSync(join(pluginDir, id), { recursive: true, force: true }),
    restart: (tuning = { limits }) => open(tuning),
    state: id => kernel.status().find(plugin => plugin.id === id)?.state,
    error: id => kernel.status().find(plugin => plugin.id === id)?.error?.code,
  }
}

const ENTRIES = {
  server: 'server.ts',
  gateway: 'gateway.ts',
  cli: 'cli.ts',
  ui: 'ui/index.tsx',
  migrations: 'migrations',
}

function entriesOf(home: string): Record<string, string> {
  return Object.fromEntries(Object.entries(ENTRIES).filter(([, path]) => existsSync(join(home, path))))
}

function writeOne(path: string, text: string | null): void {
  if (text === null) {
    rmSync(path, { force: true })
    return
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** A server entry around the body of `setup`. */
export function server(body: string, extra = ''): string {
  return `import { definePlugin, serviceToken, pointToken, eventToken, snapshotToken, recordToken } from 'clawnex/contract'
export default definePlugin({ ${extra} async setup(host, needs, carried) { ${body} } })
`
}

/** A server entry that offers `<id>.value` with the given text. */
export function offering(id: string, text: string): string {
  return server(`host.offer(serviceToken('${id}.value'), '${text}')`)
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return 'none'
}

export const service = (kernel: MeasuredKernel, id: string): unknown => kernel.snapshot().services.get(`${id}@1`)
