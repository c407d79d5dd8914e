import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Db,
  definitionTag,
  type GatewayHost,
  type Logger,
  type Migration,
  type PluginDefinition,
  type PluginStatus,
  type Recorded,
  type RecordToken,
  type RunOptions,
  type ServerHost,
  type ServiceToken,
  type SnapshotToken,
  type TransactionReport,
  tokenKey,
} from '../contract/index.ts'
import { createKernel, type MeasuredKernel } from '../transaction/kernel.ts'
import { memoryStore } from './memory-store.ts'
import { memoryDashboard, memoryGateway } from './planes.ts'
import { compareResources, countResources } from './resources.ts'
import { type Answer, actorWith, type Call, callRoute, collectRoutes } from './routes.ts'
import { memorySecrets } from './secrets.ts'
import { memorySource } from './source.ts'

/** A definition of either plane, whatever its configuration and needs. */
// biome-ignore lint/suspicious/noExplicitAny: the bench takes any author's types.
export type AnyDefinition = PluginDefinition<any, any, ServerHost<any>> | PluginDefinition<any, any, GatewayHost<any>>

export interface BenchOptions {
  /** Plugin id, default `plugin`. Decides the table prefix. */
  readonly id?: string
  /** Stored configuration, and its schema for defaults and checks. */
  readonly config?: { readonly value?: unknown; readonly schema?: Readonly<Record<string, unknown>> }
  /** Migrations by name (`0001-first`), in order. */
  readonly migrations?: Readonly<Record<string, Migration>>
  /** Stand-ins for services of other plugins. */
  readonly services?: readonly (readonly [token: ServiceToken<never>, value: unknown])[]
  readonly run?: Partial<RunOptions>
}

/** One line of the recorded log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A plugin running in a real kernel in this process: memory for a database, no socket, no bundler. */
export interface Bench {
  readonly db: Db
  readonly log: readonly LogLine[]
  readonly kernel: MeasuredKernel
  status(): PluginStatus
  /** Calls a route with schemas and permission checked. Rejects with the catalogued error of the problem body. */
  call(method: string, path: string, call?: Call): Promise<Answer>
  /** True when the route refuses an actor without its permission, and a caller without any credential. */
  denies(method: string, path: string, call?: Call): Promise<boolean>
  /** A service the plugin offers. */
  service<S>(token: ServiceToken<S>): S | undefined
  /** Runs one of its jobs now. */
  runJob(name: string): Promise<void>
  /** Dashboard: the value last published for a token. */
  published<T>(token: SnapshotToken<T>): T | undefined
  /** Dashboard: delivers rows as the gateway recorded them, in one database transaction. */
  ingest<T>(token: RecordToken<T>, rows: readonly Recorded<T>[]): void
  /** Gateway: brings a value as an accepted snapshot would. */
  accept<T>(token: SnapshotToken<T>, value: T): void
  /** Gateway: the rows recorded so far. */
  recorded<T>(token: RecordToken<T>): readonly T[]
  /** Swaps to another version through the whole transaction. Rejects with PluginError; the old one then serves. */
  reload(next: AnyDefinition): Promise<TransactionReport>
  /** Unloads the plugin. Rejects when an undo failed, or when timers or process listeners are left over. */
  undone(): Promise<void>
  /** Reloads `times` times. Resolves to the number of retired generations that are still in memory. */
  leaks(times: number): Promise<number>
}

const RUN: RunOptions = {
  rbac: 'off',
  litellm: 'off',
  upstreams: [],
  dashboardPort: 0,
  modelPort: 0,
  dataDir: join(tmpdir(), 'clawnex-bench'),
  version: '0.0.0',
}

/** Loads a definition the way the kernel would. Rejects with the PluginError when it does not load. */
export async function bench(definition: AnyDefinition, options: BenchOptions = {}): Promise<Bench> {
  const id = options.id ?? 'plugin'
  const plane = definitionTag(definition)?.plane ?? 'dashboard'
  const before = countResources()
  const store = memoryStore()
  const dashboard = memoryDashboard()
  const gateway = memoryGateway()
  const lines: LogLine[] = []
  const log = recordingLog(lines)
  const source = memorySource(id, definition, options)
  if (options.config?.value !== undefined) store.writeConfig(id, '1.0', options.config.value)
  const kernel = createKernel(
    {
      plane,
      builtinDir: '',
      extraDir: '',
      buildDir: RUN.dataDir,
      log,
      run: { ...RUN, ...options.run },
      secrets: memorySecrets(),
      store,
      watch: false,
      services: new Map(options.services?.map(([token, value]) => [tokenKey(token), value])),
      compileRoutes: collectRoutes,
      ...(plane === 'dashboard' ? { dashboardPlane: dashboard.plane } : { gatewayPlane: gateway.plane }),
    },
    { sources: source.sources },
  )
  await kernel.reload(id, 'bench')
  const specs = () => kernel.snapshot().routes.get(id)?.specs ?? []

  return {
    db: store.db,
    log: lines,
    kernel,
    status: () => kernel.status().find(plugin => plugin.id === id) as PluginStatus,
    call: (method, path, call = {}) => callRoute(specs(), method, path, call, log),
    denies: async (method, path, call = {}) =>
      (await codeOf(callRoute(specs(), method, path, { ...call, actor: actorWith() }, log))) === 'API_FORBIDDEN' &&
      (await codeOf(callRoute(specs(), method, path, { ...call, actor: null }, log))) === 'API_NO_CREDENTIAL',
    service: <S>(token: ServiceToken<S>) => kernel.snapshot().services.get(keyOf(token)) as S | undefined,
    runJob: name => source.runJob(name),
    published: <T>(token: SnapshotToken<T>) => dashboard.values.get(keyOf(token)) as T | undefined,
    ingest: (token, rows) => store.db.transaction(() => dashboard.deliver(keyOf(token), rows))(),
    accept: (token, value) => gateway.accept(keyOf(token), value),
    recorded: <T>(token: RecordToken<T>) =>
      gateway.rows.filter(({ key }) => key === keyOf(token)).map(({ row }) => row as T),
    reload(next) {
      source.replace(next)
      return kernel.reload(id, 'bench')
    },
    async undone() {
      source.remove()
      await kernel.reload(id, 'bench')
      await kernel.drained()
      const failed = lines.find(({ fields }) => fields['code'] === 'PLG_UNDO_FAILED')
      if (failed !== undefined) throw new Error(String(failed.fields['detail']), { cause: failed.fields['err'] })
      compareResources(before, countResources())
      await kernel.stop(0)
      await store.close()
    },
    async leaks(times) {
      for (let n = 0; n < times; n += 1) {
        await kernel.reload(id, 'bench')
        await kernel.drained()
      }
      return source.aliveHosts()
    },
  }
}

const keyOf = (token: unknown): string => tokenKey(token as Parameters<typeof tokenKey>[0])

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return (error as { code?: string }).code
  }
}

function recordingLog(lines: LogLine[]): Logger {
  const at = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
