/**
 * What the parts of the kernel ask of each other. Interfaces only: each part implements its own port in its own folder and
 * knows the others by this page, so any one of them can be tested against a small fake. Composition: `kernel/role/`.
 */
import type { Database } from 'better-sqlite3'
import type { Context } from 'koa'
import type {
  EventToken,
  GatewayStatus,
  Logger,
  Manifest,
  Migration,
  PluginStatus,
  Recorded,
  Release,
  RouteSpec,
  RunOptions,
  Secrets,
  TransactionReport,
  UiEntry,
} from './contract/index.ts'

/* ---------------------------------------------------------------- snapshot of the running plugins (kernel/generation) */

export interface GenerationView {
  readonly plugin: string
  readonly title: string
  readonly version: string
  readonly generation: number
  /** Milliseconds UTC of the commit. */
  readonly since: number
}

/** An immutable view of everything that is live. Replaced in one assignment at commit; read once per request. */
export interface Snapshot {
  readonly id: number
  /** Active generations in load order. */
  readonly generations: readonly GenerationView[]
  /** Routes of each generation, compiled by `kernel/http`; undefined entries do not occur. */
  readonly routes: ReadonlyMap<string, CompiledRoutes>
  /** Services by `tokenKey`. */
  readonly services: ReadonlyMap<string, unknown>
  /** Contributions by `tokenKey`, in load order. */
  readonly points: ReadonlyMap<string, readonly unknown[]>
  readonly ui: readonly UiEntry[]
}

/** Holds every generation of one snapshot alive until released. Release exactly once; further calls do nothing. */
export interface Pin {
  readonly snapshot: Snapshot
  release(): void
}

/** The routes of one generation. Kept opaque by the kernel core: made by `compileRoutes`, called by the dispatcher. */
export interface CompiledRoutes {
  readonly plugin: string
  readonly specs: readonly RouteSpec[]
  /** Handles the request when a route matches, else returns false. Throws catalogued errors. */
  handle(ctx: Context): Promise<boolean>
  /** Calls each route marked `probe`; throws when one does not answer 2xx. */
  probe(): Promise<void>
}

/** Throws PLG_ROUTE_INVALID. `log` and `signal` belong to the generation. */
export type CompileRoutes = (
  owner: { plugin: string; generation: number; log: Logger; signal: AbortSignal },
  specs: readonly RouteSpec[],
) => CompiledRoutes

/* ---------------------------------------------------------------- the kernel core (kernel/transaction) */

/** A transaction that went through every phase up to `probe` and waits for its commit. */
export interface Staged {
  readonly plugin: string
  commit(): TransactionReport
  abort(reason: string): Promise<void>
}

export interface Kernel {
  readonly plane: 'dashboard' | 'gateway'
  snapshot(): Snapshot
  pin(): Pin
  /** Discovers and loads all plugins. A broken one never keeps the others from starting. */
  start(): Promise<void>
  /** Drains for at most `deadlineMs`, then retires everything in reverse order. */
  stop(deadlineMs: number): Promise<void>
  /** Runs the whole transaction. Rejects with PluginError when it fails; the old generation then serves. */
  reload(plugin: string, by: string): Promise<TransactionReport>
  /** Runs it up to `probe` on behalf of the other plane. */
  stage(plugin: string, by: string): Promise<Staged>
  status(): readonly PluginStatus[]
  /** Manifest of a known plugin: the one on disk, else the one that serves. */
  manifest?(plugin: string): Manifest | undefined
  /** Takes out the third-party plugin that an uncaught error came from. False when there is none. */
  fault?(error: unknown): boolean
  /** The latest 100 transactions, newest first. */
  transactions(): readonly TransactionReport[]
  onTransaction(listener: (report: TransactionReport) => void): Release
  readonly events: EventHub
}

export interface EventHub {
  on<E>(token: EventToken<E>, listener: (payload: E) => void | Promise<void>): Release
  emit<E>(token: EventToken<E>, payload: E): void
  /** Sees every emitted event that carries a permission: the feed of the browsers' stream. */
  tap(listener: (event: { id: string; permission: string; payload: unknown }) => void): Release
}

export interface KernelOptions {
  readonly plane: 'dashboard' | 'gateway'
  /** Folder of the product's own plugins. */
  readonly builtinDir: string
  /** Folder of third-party plugins (`DATA/plugins`); it may be absent. */
  readonly extraDir: string
  /** Folder of bundles (`DATA/build`), shared by both planes. */
  readonly buildDir: string
  readonly log: Logger
  readonly run: RunOptions
  readonly secrets: Secrets
  /** Dashboard only. */
  readonly store?: Store
  readonly compileRoutes?: CompileRoutes
  readonly dashboardPlane?: DashboardPlane
  /** Gateway only. */
  readonly gatewayPlane?: GatewayPlane
  /** Reload a plugin when its files change. */
  readonly watch: boolean
  /** Services that the kernel itself provides, by `tokenKey`. */
  readonly services?: ReadonlyMap<string, unknown>
  /** Plugin ids to leave out, for specs. */
  readonly without?: readonly string[]
}

/* ---------------------------------------------------------------- store (kernel/store) */

export interface NamedMigration {
  /** `NNNN-word`. */
  readonly name: string
  /** SHA-256 of the source file, hexadecimal. */
  readonly sha256: string
  readonly migration: Migration
}

/** Migrations that history does not know yet. Made by `plan`, which throws PLG_MIGRATION_HISTORY. */
export interface PendingMigrations {
  readonly plugin: string
  readonly pending: readonly NamedMigration[]
}

export interface Store {
  readonly db: Database
  planMigrations(plugin: string, all: readonly NamedMigration[]): Promise<PendingMigrations>
  /** Runs all pending expand migrations in one transaction that is always rolled back. Throws PLG_MIGRATION_FAILED, _BUDGET, _NOT_ADDITIVE. */
  rehearse(pending: PendingMigrations, budgetMs: number): void
  /** Applies each in one immediate transaction with its history row. Contract migrations run only with `atStart`. */
  applyMigrations(pending: PendingMigrations, options: { atStart: boolean }): void
  appliedMigrations(plugin: string): readonly string[]
  /** Stored plugin configuration with an etag for If-Match. */
  readConfig(plugin: string): { readonly version: string; readonly value: unknown; readonly etag: string } | null
  writeConfig(plugin: string, version: string, value: unknown): string
  /** Small durable facts of the kernel (quarantine, last good bundle): one JSON value per name. */
  readFact(name: string): unknown
  writeFact(name: string, value: unknown): void
  /** Runs a read-only statement on a worker connection. Rows are plain objects. */
  read(sql: string, params: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

/* ---------------------------------------------------------------- the plane between the processes (kernel/plane) */

export interface RecordHandler {
  readonly plugin: string
  take(rows: readonly Recorded<unknown>[]): void
}

/** Dashboard end. */
export interface DashboardPlane {
  /** Sets one published value, by `tokenKey`. All changes of one turn become one signed snapshot. `undefined` removes. */
  publish(key: string, value: unknown): void
  /** Called for each batch, inside its transaction: the handlers in force for a record key. */
  setHandlers(find: (key: string) => readonly RecordHandler[]): void
  /** Starts taking records. Called once all plugins are up. */
  start(): Promise<void>
  /** Asks the gateway to run a plugin's transaction up to probe. Resolves to null when no gateway is connected. Rejects with PLG_GATEWAY_REFUSED. */
  stageOnGateway(
    plugin: string,
    by: string,
  ): Promise<{ commit(): Promise<void>; abort(reason: string): Promise<void> } | null>
  /** Runs a local command for a client that connected to the socket (the CLI): `open-link`, `status`, … */
  setCommands(run: (command: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>): void
  gateway(): GatewayStatus
  /** Gives the gateway an order. Rejects with its catalogued error, or with RUN_LITELLM when none is connected. */
  operate(order: GatewayOrder): Promise<unknown>
  onGateway(listener: (status: GatewayStatus) => void): Release
  stop(): Promise<void>
}

/** What the dashboard can order the gateway to do. */
export type GatewayOrder = 'litellm-restart' | 'litellm-provision'

/** Gateway end. */
export interface GatewayPlane {
  /** Loads the last good snapshot from disk and starts connecting. */
  start(): Promise<void>
  /** Version of the snapshot in force, 0 before the first. */
  version(): number
  value(key: string): unknown
  onValues(listener: (changed: ReadonlySet<string>) => void): Release
  /** Appends durably (written before return, fsynced in groups within 20 ms). Throws GW_RECORDS_FULL. Returns the record id. */
  record(key: string, row: unknown, id?: string): string
  /** False while records cannot be accepted; the model path then refuses new calls. */
  accepting(): boolean
  /** A fresh record id (ULID, monotonic). */
  nextId(): string
  setStager(stage: (plugin: string, by: string) => Promise<Staged>): void
  /** Source of the status messages. */
  setStatus(read: () => Pick<GatewayStatus, 'plugins' | 'calls' | 'ready' | 'port' | 'litellm'>): void
  /** Carries out orders of the dashboard. */
  setOperator(operate: (order: GatewayOrder) => unknown): void
  connected(): boolean
  stop(): Promise<void>
}

/* ---------------------------------------------------------------- HTTP and UI (kernel/http, kernel/uihost) */

export interface UiHost {
  /** The page that boots the shell, and its Content-Security-Policy. Same bytes for everyone. */
  shell(): { readonly html: string; readonly csp: string }
  /** Page without scripts: no session, with the way to a new link. */
  noSession(): { readonly html: string; readonly csp: string }
  /** A file below `/assets/`, immutable by its hashed name, or null. */
  asset(path: string): {
    readonly body: Buffer
    readonly type: string
    readonly gzip: Buffer | null
    readonly brotli: Buffer | null
  } | null
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded'
  readonly version: string
  readonly plane: 'dashboard' | 'gateway'
  readonly uptimeMs: number
}
