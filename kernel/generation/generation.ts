import type { ServiceScope } from '../container/container.ts'
import type {
  EventToken,
  JobSpec,
  Logger,
  Manifest,
  PluginError,
  PluginState,
  Recorded,
  RouteSpec,
  Running,
  UiEntry,
} from '../contract/index.ts'
import type { Definition } from '../evaluate/evaluate.ts'
import type { CompiledRoutes, NamedMigration } from '../ports.ts'
import { Ledger } from './ledger.ts'

/** What the host calls of one generation declared. Nothing of it is live before the commit. */
export interface Declared {
  readonly routes: RouteSpec[]
  readonly jobs: JobSpec[]
  readonly listeners: { readonly event: EventToken<unknown>; readonly listener: (payload: unknown) => unknown }[]
  readonly services: Map<string, unknown>
  readonly points: { readonly key: string; readonly item: unknown }[]
  readonly published: Map<string, unknown>
  readonly records: { readonly key: string; readonly take: (rows: readonly Recorded<unknown>[]) => void }[]
  readonly values: { readonly key: string; readonly listener: (value: unknown) => void }[]
}

/** Where a generation's code came from, so that it can be loaded again after its sources broke. */
export interface Origin {
  readonly manifest: Manifest
  /** Names in the build folder; null where the plane has no entry. */
  readonly host: string | null
  readonly ui: { readonly file: string; readonly hash: string } | null
}

/** One loaded version of a plugin, from its first effect to its last undo. */
export interface Generation {
  readonly plugin: string
  readonly number: number
  readonly origin: Origin
  readonly builtin: boolean
  readonly log: Logger
  readonly ledger: Ledger
  readonly declared: Declared
  readonly abort: AbortController
  readonly scope: ServiceScope
  readonly migrations: readonly NamedMigration[]
  /** Null once retired, so that the code can be collected while reports still name the generation. */
  definition: Definition | null
  running: Running | null
  routes: CompiledRoutes | null
  ui: UiEntry | null
  state: PluginState
  since: number
  /** Stops the schedule of its jobs. */
  stopJobs: (() => void) | null
  /** Runs of jobs and other holders of this generation alone. */
  holds: number
  /** Why its retirement failed. */
  error: PluginError | null
}

export function createGeneration(given: {
  readonly plugin: string
  readonly number: number
  readonly origin: Origin
  readonly builtin: boolean
  readonly log: Logger
  readonly scope: ServiceScope
  readonly definition: Definition | null
  readonly migrations: readonly NamedMigration[]
  readonly undoTimeout?: number | undefined
}): Generation {
  const { plugin, number } = given
  const limits = given.undoTimeout === undefined ? {} : { undoTimeout: given.undoTimeout }
  return {
    ...given,
    ledger: new Ledger({ plugin, generation: number, ...limits }),
    declared: emptyDeclaration(),
    abort: new AbortController(),
    running: null,
    routes: null,
    ui: null,
    state: 'staged',
    since: 0,
    stopJobs: null,
    holds: 0,
    error: null,
  }
}

function emptyDeclaration(): Declared {
  return {
    routes: [],
    jobs: [],
    listeners: [],
    services: new Map(),
    points: [],
    published: new Map(),
    records: [],
    values: [],
  }
}

/** Drops every reference into the plugin's code. */
export function forgetCode(generation: Generation): void {
  const { declared } = generation
  for (const list of [declared.routes, declared.jobs, declared.listeners, declared.points, declared.records]) {
    list.length = 0
  }
  declared.values.length = 0
  declared.services.clear()
  declared.published.clear()
  generation.definition = null
  generation.running = null
  generation.routes = null
  ;(generation as { migrations: readonly NamedMigration[] }).migrations = []
}
