import type { Container } from '../container/container.ts'
import type { ErrorReport, Phase, PluginError, TransactionReport } from '../contract/index.ts'
import type { Candidate } from '../discover/manifest.ts'
import type { Generation } from '../generation/generation.ts'
import type { HostContext } from '../generation/host.ts'
import type { LeakCheck } from '../generation/leak-check.ts'
import type { Live } from '../generation/live.ts'
import type { Pins } from '../generation/pins.ts'
import type { SharedPool } from '../generation/shared.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { EventHub, KernelOptions } from '../ports.ts'
import type { LastGood } from './last-good.ts'
import type { Lock } from './lock.ts'
import type { Quarantine } from './quarantine.ts'
import type { Sources } from './sources.ts'

/** Time limits in milliseconds. Specs shorten them. */
export interface Limits {
  /** After a swap, when the old generation's signal is aborted. */
  readonly soft: number
  /** After a swap, when the old generation is retired whoever holds it. */
  readonly hard: number
  /** How long a transaction waits for an earlier drain of its plugins, so that no third generation comes alive. */
  readonly settle: number
  /** For one undo. */
  readonly undo: number
  /** For `setup`, where the definition names none. */
  readonly setup: number
  /** For the probes of one generation. */
  readonly probe: number
  /** How long a generation staged for the other plane waits for its commit. */
  readonly staged: number
}

export const LIMITS: Limits = {
  soft: 30_000,
  hard: 120_000,
  settle: 2_000,
  undo: 5_000,
  setup: 5_000,
  probe: 5_000,
  staged: 30_000,
}

/** What the kernel knows about one plugin id. */
export interface Slot {
  readonly id: string
  candidate: Candidate | null
  serving: Generation | null
  /** Generations that are not retired yet, oldest first. */
  readonly alive: Set<Generation>
  /** Number given out last. */
  number: number
  /** Why the last load failed. */
  error: ErrorReport | null
  loading: boolean
  quarantined: boolean
  stuck: boolean
  /** It was logged that code of a generation that is gone still throws. */
  leftover: boolean
}

/** State and parts shared by the steps of the transaction. */
export interface Core {
  readonly options: KernelOptions
  readonly limits: Limits
  readonly sources: Sources
  readonly pins: Pins
  readonly services: Container
  readonly shared: SharedPool
  readonly jobs: Jobs
  readonly hub: EventHub
  readonly host: HostContext
  readonly lock: Lock
  readonly leaks: LeakCheck
  readonly quarantine: Quarantine
  readonly lastGood: LastGood
  readonly slots: Map<string, Slot>
  /** Generations of the running transaction that are set up and not yet live. */
  staging: readonly Generation[]
  /** Drops the generation that waits for the other plane's decision and holds the lock meanwhile. */
  staged: ((reason: string) => Promise<void>) | null
  /** Newest first. */
  readonly history: TransactionReport[]
  readonly listeners: Set<(report: TransactionReport) => void>
  /** Drains in progress. */
  readonly drains: Set<Promise<void>>
  stopping: boolean
  nextId: number
}

export function slotOf(core: Core, id: string): Slot {
  const known = core.slots.get(id)
  if (known !== undefined) return known
  const slot: Slot = {
    id,
    candidate: null,
    serving: null,
    alive: new Set(),
    number: 0,
    error: null,
    loading: false,
    quarantined: false,
    stuck: false,
    leftover: false,
  }
  core.slots.set(id, slot)
  return slot
}

export const live = (core: Core): Live => core.pins.live

/** Generations in force, in load order. */
export const serving = (core: Core): readonly Generation[] => [...core.pins.live.generations.values()]

/** An error that was reported and needs no caller: logged with all that names its place. */
export function logError(core: Core, error: PluginError, message: string): void {
  const { code, plugin, generation, detail } = error
  const phase: Phase = error.phase
  core.options.log.error({ err: error, code, plugin, generation, phase, detail }, message)
}
