import { Cron } from 'croner'
import type { JobSpec, Logger } from '../contract/index.ts'

/** The generation that owns jobs, as far as jobs are concerned. */
export interface JobOwner {
  readonly plugin: string
  readonly log: Logger
  readonly signal: AbortSignal
  /** Keeps the generation from retiring while a run goes on. */
  hold(): () => void
}

export interface JobCount {
  readonly runs: number
  readonly failures: number
}

/**
 * Runs the jobs of the generations in force. A job's lease belongs to its name, not to a generation: after a swap the new
 * generation's run waits until the old one's has ended.
 */
export class Jobs {
  readonly #runs = new Map<string, Promise<void>>()
  readonly #counts = new Map<string, { runs: number; failures: number }>()

  /** Starts the schedule. The returned function stops it; a run in progress goes on under its signal. */
  start(owner: JobOwner, specs: readonly JobSpec[]): () => void {
    const stops = specs.map(spec => this.#schedule(owner, spec))
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** By `plugin/job`, since the process started. */
  get counts(): ReadonlyMap<string, JobCount> {
    return this.#counts
  }

  #schedule(owner: JobOwner, spec: JobSpec): () => void {
    return typeof spec.every === 'number'
      ? this.#everyMs(owner, spec, spec.every)
      : this.#onCron(owner, spec, spec.every)
  }

  #everyMs(owner: JobOwner, spec: JobSpec, every: number): () => void {
    let stopped = false
    let timer: NodeJS.Timeout | undefined
    const again = (delay: number): void => {
      if (stopped) return
      timer = setTimeout(async () => {
        await this.#run(owner, spec, () => stopped)
        again(every)
      }, delay).unref()
    }
    again(spec.atStart ? 0 : every)
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }

  #onCron(owner: JobOwner, spec: JobSpec, pattern: string): () => void {
    let stopped = false
    const run = () => this.#run(owner, spec, () => stopped)
    const cron = new Cron(pattern, { unref: true, protect: true }, run)
    const first = spec.atStart ? setTimeout(run, 0).unref() : undefined
    return () => {
      stopped = true
      cron.stop()
      clearTimeout(first)
    }
  }

  async #run(owner: JobOwner, spec: JobSpec, stopped: () => boolean): Promise<void> {
    const lease = `${owner.plugin}/${spec.name}`
    while (this.#runs.has(lease)) await this.#runs.get(lease)
    if (stopped()) return
    const release = owner.hold()
    const run = this.#runOnce(owner, spec, lease)
    this.#runs.set(lease, run)
    await run
    this.#runs.delete(lease)
    release()
  }

  async #runOnce(owner: JobOwner, spec: JobSpec, lease: string): Promise<void> {
    const count = this.#counts.get(lease) ?? { runs: 0, failures: 0 }
    this.#counts.set(lease, count)
    count.runs += 1
    try {
      await spec.run(owner.signal)
    } catch (error) {
      count.failures += 1
      owner.log.error({ err: error, job: spec.name, failures: count.failures }, 'a run of a job failed')
    }
  }
}

/** Throws a TypeError naming the job when its schedule cannot be understood. */
export function checkJob(spec: JobSpec): void {
  if (typeof spec.every === 'number') {
    if (!(spec.every >= 1 && spec.every < 2 ** 31)) throw new TypeError(`job "${spec.name}": every is ${spec.every} ms`)
    return
  }
  try {
    new Cron(spec.every, { paused: true }).stop()
  } catch (cause) {
    throw new TypeError(`job "${spec.name}": "${spec.every}" is no cron expression`, { cause })
  }
}
