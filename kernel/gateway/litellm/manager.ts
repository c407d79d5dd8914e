/**
 * Keeps one LiteLLM serving what the provider table says. A replacement is started beside the serving process, proves itself
 * with a canary, takes over in one assignment, and only then the old one is ended, once the calls on it are over.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  isCatalogued,
  type LiteLlm,
  type LiteLlmEndpoint,
  type LiteLlmProvider,
  type LiteLlmState,
  type LiteLlmStatus,
  RunError,
} from '../../contract/index.ts'
import { type LogFile, openLogFile } from '../../log/rotate.ts'
import { Canary } from './canary.ts'
import { LiteLlmChild } from './child.ts'
import { fingerprint } from './config.ts'
import { type Installation, install, type Progress, removeOthers } from './install.ts'
import { firstStatus, type LiteLlmOptions, TIMINGS, type Timings } from './options.ts'
import { endOrphans } from './orphans.ts'
import { messageOf, watchChild } from './watch.ts'

const PORT = 4002
const LOG_BYTES = 2 * 1024 * 1024
const LOG_FILES = 2
/** Failed starts in a row after which the state says so; it goes on trying. */
const FAILED_AFTER = 3
const TERM_MS = 10_000
const DRAIN_LOOK_MS = 100
/** A failed installation is tried again later than a failed start: this many times the first delay. */
const INSTALL_RETRY = 60

export class LiteLlmManager implements LiteLlm {
  readonly #options: LiteLlmOptions
  readonly #timings: Timings
  readonly #folder: string
  readonly #log: LogFile
  readonly #canary = new Canary()
  readonly #ending = new AbortController()
  readonly #children = new Set<LiteLlmChild>()
  readonly #waiters = new Set<{ resolve: () => void; reject: (error: unknown) => void }>()
  #status: LiteLlmStatus
  #installation: Installation | null = null
  #providers: readonly LiteLlmProvider[] = []
  #current: LiteLlmChild | null = null
  #forced = false
  #working = false
  #preparing = false
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #installTimer: NodeJS.Timeout | undefined
  #unwatch: () => void = () => {}

  constructor(options: LiteLlmOptions) {
    this.#options = options
    this.#timings = { ...TIMINGS, ...options.timings }
    this.#folder = join(options.dataDir, 'litellm')
    this.#log = openLogFile(join(options.dataDir, 'logs', 'litellm.log'), LOG_BYTES, LOG_FILES)
    this.#status = firstStatus(options.mode)
  }

  /* -------------------------------------------------------------- for routers */

  configure(providers: readonly LiteLlmProvider[]): void {
    this.#providers = providers
    this.#soon(this.#timings.settleMs)
  }

  endpoint(provider: string): LiteLlmEndpoint | null {
    return this.#current?.endpoint(provider) ?? null
  }

  expected(): boolean {
    return this.#status.state !== 'off' && this.#status.state !== 'absent'
  }

  /* -------------------------------------------------------------- for the process */

  status(): LiteLlmStatus {
    return this.#status
  }

  /** Why calls shall wait for it, or null. */
  gap(): string | null {
    return this.#options.mode === 'required' && this.#current === null ? `LiteLLM is ${this.#status.state}` : null
  }

  /** Installs what is missing and starts. Told again when something fails; does nothing with `off`. */
  begin(): void {
    if (this.#options.mode !== 'off') void this.#prepare()
  }

  /** Resolves when a process serves. Rejects with RUN_LITELLM when this machine cannot run it. */
  ready(): Promise<void> {
    if (this.#current !== null) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.add({ resolve, reject }))
  }

  restart(): LiteLlmStatus {
    this.#refuseWhenOff()
    this.#forced = true
    this.#failures = 0
    if (this.#installation === null) void this.#prepare()
    else this.#soon(0)
    return this.#status
  }

  provision(): LiteLlmStatus {
    this.#refuseWhenOff()
    if (this.#installation === null) void this.#prepare()
    return this.#status
  }

  /** For when no call is under way any more: what is left to finish is ours alone. */
  async stop(graceMs: number): Promise<void> {
    this.#ending.abort()
    clearTimeout(this.#timer)
    clearTimeout(this.#installTimer)
    this.#unwatch()
    this.#current = null
    await Promise.all([...this.#children].map(child => child.stop(graceMs)))
    this.#canary.close()
    this.#log.close()
  }

  /* -------------------------------------------------------------- installing */

  async #prepare(): Promise<void> {
    if (this.#preparing || this.#ending.signal.aborted) return
    this.#preparing = true
    clearTimeout(this.#installTimer)
    try {
      const orphans = this.#children.size === 0 ? await this.#clearRemains() : 0
      if (orphans > 0) this.#options.log.warn({ orphans }, 'LiteLLM processes of a gateway that was killed were ended')
      this.#tell({ state: 'provisioning', detail: null })
      this.#installation = await (this.#options.install ?? install)({
        locksDir: this.#options.locksDir,
        folder: this.#folder,
        env: this.#options.env ?? process.env,
        signal: this.#ending.signal,
        onProgress: progress => this.#progress(progress),
      })
      await this.#canary.listen()
      this.#failures = 0
      this.#tell({ version: this.#installation.version, progress: null })
      this.#soon(0)
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#unprepared(error)
    } finally {
      this.#preparing = false
    }
  }

  /** Ends what a killed gateway left behind, and forgets its configurations. */
  async #clearRemains(): Promise<number> {
    const ended = await endOrphans(join(this.#folder, 'run'))
    for (const name of listFolder(this.#folder)) {
      if (name.startsWith('config-')) rmSync(join(this.#folder, name), { force: true })
    }
    return ended
  }

  #unprepared(error: unknown): void {
    if (isCatalogued(error)) {
      this.#tell({ state: 'absent', detail: error.detail ?? error.message, progress: null })
      this.#options.log.warn({ detail: error.detail }, 'LiteLLM cannot be installed; direct routes work without it')
      for (const { reject } of this.#waiters) reject(error)
      this.#waiters.clear()
      return
    }
    this.#tell({ state: 'failed', detail: messageOf(error), progress: null })
    this.#options.log.error({ error }, 'LiteLLM could not be installed; it is tried again')
    this.#failures += 1
    this.#installTimer = setTimeout(() => void this.#prepare(), this.#backOff(INSTALL_RETRY))
  }

  #progress(progress: Progress): void {
    if (JSON.stringify(progress) !== JSON.stringify(this.#status.progress)) this.#tell({ progress })
  }

  /* -------------------------------------------------------------- running */

  #soon(ms: number): void {
    if (this.#ending.signal.aborted) return
    clearTimeout(this.#timer)
    if (this.#installation !== null) this.#timer = setTimeout(() => void this.#work(), ms)
  }

  /** Replaces the serving process until it serves what is wanted. One at a time: the last wish wins. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    try {
      while (!this.#ending.signal.aborted && this.#isWanted()) {
        if (!(await this.#replace())) {
          this.#soon(this.#backOff(1))
          return
        }
      }
      if (!this.#isUsed() && !this.#ending.signal.aborted) this.#rest()
    } finally {
      this.#working = false
    }
  }

  #isUsed(): boolean {
    return this.#providers.length > 0 || this.#options.mode === 'required'
  }

  #isWanted(): boolean {
    if (!this.#isUsed()) return false
    return this.#current === null || this.#forced || this.#current.fingerprint !== fingerprint(this.#providers)
  }

  async #replace(): Promise<boolean> {
    this.#forced = false
    this.#tell(this.#current === null ? { state: 'starting' } : { swapping: true })
    const child = this.#create()
    try {
      await child.start()
    } catch (error) {
      this.#children.delete(child)
      if (!this.#ending.signal.aborted) this.#startFailed(error)
      return false
    }
    if (this.#ending.signal.aborted) {
      await child.kill()
      return false
    }
    this.#takeOver(child)
    return true
  }

  #create(): LiteLlmChild {
    const child = new LiteLlmChild({
      installation: this.#installation as Installation,
      providers: this.#providers,
      canary: this.#canary,
      folder: this.#folder,
      preferredPort: this.#options.preferredPort ?? PORT,
      env: this.#options.env ?? process.env,
      log: this.#log,
      startMs: this.#timings.startMs,
    })
    this.#children.add(child)
    void child.exited.then(() => this.#lost(child))
    return child
  }

  #takeOver(child: LiteLlmChild): void {
    const old = this.#current
    this.#current = child
    this.#failures = 0
    this.#tell({
      state: 'ready',
      swapping: false,
      detail: null,
      pid: child.pid,
      port: child.port,
      since: Date.now(),
      switches: this.#status.switches + 1,
      addedMs: child.addedMs,
    })
    for (const { resolve } of this.#waiters) resolve()
    this.#waiters.clear()
    this.#watch(child)
    if (old !== null) void this.#retire(old)
    if (this.#options.install === undefined) removeOthers(this.#folder, this.#installation as Installation)
  }

  #startFailed(error: unknown): void {
    this.#failures += 1
    const detail = messageOf(error)
    const serves = this.#current !== null
    this.#options.log.error({ error, serves }, 'LiteLLM did not start')
    if (serves)
      this.#tell({ swapping: false, detail: `The replacement did not start; the previous process serves. ${detail}` })
    else this.#tell({ state: this.#failures >= FAILED_AFTER ? 'failed' : 'starting', detail })
  }

  /** A process that hangs is ended, which brings the next one. */
  #watch(child: LiteLlmChild): void {
    this.#unwatch()
    this.#unwatch = watchChild(child, this.#timings.probeEveryMs, this.#options.log)
  }

  #lost(child: LiteLlmChild): void {
    this.#children.delete(child)
    if (child !== this.#current || this.#ending.signal.aborted) return
    this.#current = null
    this.#unwatch()
    const detail = 'The serving process ended by itself; the next one starts.'
    this.#options.log.error({ pid: child.pid }, 'LiteLLM ended by itself')
    this.#tell({
      state: 'starting',
      swapping: false,
      detail,
      pid: null,
      port: null,
      since: null,
      crashes: this.#status.crashes + 1,
    })
    this.#soon(0)
  }

  /** No provider uses it: it would only take memory. */
  #rest(): void {
    const old = this.#current
    this.#current = null
    this.#unwatch()
    this.#tell({ state: 'idle', swapping: false, detail: null, pid: null, port: null, since: null })
    if (old !== null) void this.#retire(old)
  }

  async #retire(child: LiteLlmChild): Promise<void> {
    const end = performance.now() + this.#timings.drainMs
    while (this.#options.inFlight(child.origin) > 0 && performance.now() < end && !this.#ending.signal.aborted) {
      await wait(DRAIN_LOOK_MS)
    }
    await child.stop(TERM_MS)
  }

  /* -------------------------------------------------------------- telling */

  #backOff(factor: number): number {
    const { retryMs, retryLastMs } = this.#timings
    return Math.min(retryLastMs * factor, retryMs * factor * 2 ** Math.max(0, this.#failures - 1))
  }

  #refuseWhenOff(): void {
    if (this.#options.mode === 'off')
      throw new RunError('RUN_LITELLM', { detail: 'It was switched off with --litellm off.' })
  }

  #tell(change: Partial<LiteLlmStatus> & { state?: LiteLlmState }): void {
    this.#status = { ...this.#status, ...change }
    this.#options.onStatus(this.#status)
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
