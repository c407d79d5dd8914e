import type { Database } from 'better-sqlite3'
import type { RouteSpec } from './route.ts'
import type { EventToken, PointToken, RecordToken, ServiceToken, SnapshotToken } from './tokens.ts'

/** Version of this contract. Plugins name a range of it in `api`; the kernel serves this major and the one before. */
export const CONTRACT_VERSION = '1.0.0'

/** Undoes what was done. Called once, in reverse order of the effects. */
export type Release = () => void | Promise<void>

/** Structured logger. The first argument carries fields; never put secrets or prompt text in them. */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/**
 * The synchronous database of the dashboard plane, shared by all plugins. A plugin reads and writes only tables that carry
 * its own prefix (`traffic_call`); others' data come through services. Prepare statements in `setup`.
 */
export type Db = Pick<Database, 'prepare' | 'transaction' | 'exec' | 'pragma'>

/** Seals values with the key of this installation: AES-256-GCM, bound to `place` (table, column, row). */
export interface Secrets {
  seal(plain: string, place: string): string
  /** Throws RUN_SECRET_UNREADABLE when the value was altered, moved or sealed by another installation. */
  open(sealed: string, place: string): string
}

/** What the operator asked for on the command line or in the environment. */
export interface RunOptions {
  readonly rbac: 'on' | 'off'
  readonly litellm: 'auto' | 'off' | 'required'
  /** Providers registered for this run only. */
  readonly upstreams: readonly { id: string; url: string; dialect: 'openai' | 'anthropic' }[]
  readonly dashboardPort: number
  readonly modelPort: number
  /** Folder of all data of this installation. */
  readonly dataDir: string
  /** Product version. */
  readonly version: string
}

/** Work that repeats for as long as the generation lives. Runs of one job never overlap. */
export interface JobSpec {
  readonly name: string
  /** Milliseconds between the end of one run and the start of the next, or a cron expression. */
  readonly every: number | string
  /** Run once right after commit as well. */
  readonly atStart?: boolean
  /** Aborted when the generation retires. A run that throws is logged and counted; the job goes on. */
  run(signal: AbortSignal): void | Promise<void>
}

/** Calls that exist on both planes. All of them only record; nothing is live before the generation commits. */
export interface HostBase<Config> {
  readonly plane: 'dashboard' | 'gateway'
  readonly plugin: string
  readonly generation: number
  readonly config: Readonly<Config>
  readonly log: Logger
  readonly run: RunOptions
  readonly secrets: Secrets
  /** Fires when draining turns impatient (default 30 s after the swap). */
  readonly signal: AbortSignal
  /** The escape hatch for anything that must be undone. `open` returns its undo. */
  effect(label: string, open: () => Release | Promise<Release>): Promise<void>
  job(spec: JobSpec): void
  on<E>(event: EventToken<E>, listener: (payload: E) => void | Promise<void>): void
  /** Delivered after the current turn. Allowed only once the generation is active; earlier calls throw. */
  emit<E>(event: EventToken<E>, payload: E): void
  offer<S>(service: ServiceToken<S>, value: S): void
  contribute<P>(point: PointToken<P>, item: P): void
  /** The items contributed to a point in the current snapshot, in plugin order. */
  contributions<P>(point: PointToken<P>): readonly P[]
  /** A service another plugin offers, resolved at each call; undefined while absent. For `wants`. */
  find<S>(service: ServiceToken<S>): S | undefined
  /** A resource that outlives generations: opened once per key, closed when the last user is gone. */
  shared<R>(key: string, open: () => Promise<{ value: R; close: Release }>): Promise<R>
}

/** What `setup` of a dashboard entry gets. */
export interface ServerHost<Config = Record<string, never>> extends HostBase<Config> {
  readonly plane: 'dashboard'
  readonly db: Db
  route(spec: RouteSpec): void
  /** Sets this plugin's value in the snapshot for the gateway. Before commit it is staged with the generation. */
  publish<T>(token: SnapshotToken<T>, value: T): void
  /**
   * Receives rows the gateway recorded, inside the transaction that marks them as ingested: write with `host.db` and
   * nothing else. Each row arrives exactly once. A throw sets that row aside as failed and goes on.
   */
  onRecords<T>(token: RecordToken<T>, take: (rows: readonly Recorded<T>[]) => void): void
}

/** A row with what the kernel knows about it. */
export interface Recorded<T> {
  /** ULID, unique for ever. */
  readonly id: string
  /** Milliseconds UTC when the gateway accepted it. */
  readonly at: number
  readonly row: T
}

/** What `setup` of a gateway entry gets. */
export interface GatewayHost<Config = Record<string, never>> extends HostBase<Config> {
  readonly plane: 'gateway'
  /** The value last accepted for a token, or undefined before the first. Cheap; call it per request. */
  snapshot<T>(token: SnapshotToken<T>): T | undefined
  /** Called after each accepted snapshot in which the value of this token changed, and once at commit when there is one. */
  onSnapshot<T>(token: SnapshotToken<T>, listener: (value: T) => void): void
  /** Appends a row to the durable spool. Throws GW_RECORDS_FULL when nothing more is accepted. Returns the row's id. */
  record<T>(token: RecordToken<T>, row: T): string
}

/** What a generation gives back from `setup`. */
export interface Running {
  /** Throw to refuse the commit. */
  probe?(): void | Promise<void>
  /** Told before draining, to stop accepting long work. */
  quiesce?(signal: AbortSignal): void | Promise<void>
  /** State for the next generation: synchronous, JSON only. */
  carry?(): unknown
}

/** Service tokens by the names under which `setup` gets their services. */
// biome-ignore lint/suspicious/noExplicitAny: a map of tokens of any service type; `Resolved` gives each its own type back.
export type NeedMap = Readonly<Record<string, ServiceToken<any>>>
/** The services of a `NeedMap`. */
export type Resolved<N extends NeedMap> = { readonly [K in keyof N]: N[K] extends ServiceToken<infer S> ? S : never }

const DEFINITION = Symbol.for('clawnex.plugin')

/** An entry of a plugin, before `definePlugin` or `defineGatewayPlugin` marks it as one. */
export interface PluginDefinition<Config = Record<string, never>, N extends NeedMap = NeedMap, H = ServerHost<Config>> {
  /** Services this entry cannot do without; their plugins stand in the manifest's `needs`. */
  readonly needs?: N
  /** Upgrades a stored config of an older `configVersion`. */
  configMigrate?(from: string, value: unknown): unknown
  /** Milliseconds `setup` may take, default 5,000. */
  readonly setupTimeout?: number
  /** Set when `setup` prepares statements on tables that its own pending migrations create. Default true. */
  readonly setupAfterMigrate?: boolean
  setup(
    host: H,
    needs: Resolved<N>,
    carried: unknown,
  ): Running | undefined | Promise<Running | undefined> | void | Promise<void>
}

/** The dashboard entry of a plugin (`server.ts`): `export default definePlugin({ … })`. */
export function definePlugin<Config = Record<string, never>, N extends NeedMap = Record<string, never>>(
  definition: PluginDefinition<Config, N, ServerHost<Config>>,
): PluginDefinition<Config, N, ServerHost<Config>> {
  return Object.freeze({ ...definition, [DEFINITION]: { contract: CONTRACT_VERSION, plane: 'dashboard' } })
}

/** The gateway entry of a plugin (`gateway.ts`): `export default defineGatewayPlugin({ … })`. */
export function defineGatewayPlugin<Config = Record<string, never>, N extends NeedMap = Record<string, never>>(
  definition: PluginDefinition<Config, N, GatewayHost<Config>>,
): PluginDefinition<Config, N, GatewayHost<Config>> {
  return Object.freeze({ ...definition, [DEFINITION]: { contract: CONTRACT_VERSION, plane: 'gateway' } })
}

/** The tag of a definition, or undefined for anything else. Works across bundles. */
export function definitionTag(value: unknown): { contract: string; plane: 'dashboard' | 'gateway' } | undefined {
  if (typeof value !== 'object' || value === null || !(DEFINITION in value)) return undefined
  return (value as Record<symbol, { contract: string; plane: 'dashboard' | 'gateway' }>)[DEFINITION]
}

/** One synchronous, additive migration: `migrations/NNNN-word.ts` exports it as default. */
export interface Migration {
  /** `expand` may run while the old generation serves; `contract` removes and runs at start only. Default `expand`. */
  readonly kind?: 'expand' | 'contract'
  up(db: Pick<Db, 'exec' | 'prepare'>): void
}

/** Marks a migration; it is given back unchanged. */
export function defineMigration(migration: Migration): Migration {
  return migration
}
