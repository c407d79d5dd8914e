/** What the processes of this bench say to each other. */

/** One window of load. */
export interface Window {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly model: string
  readonly bytes: number
  readonly stream: boolean
  readonly concurrency: number
  readonly ms: number
}

export interface WindowResult {
  readonly requests: number
  readonly errors: number
  /** Milliseconds, one a request. */
  readonly latencies: readonly number[]
  readonly elapsedMs: number
}

/** CPU time of the process that answers, and its memory. */
export interface Usage {
  readonly cpuMicros: number
  readonly rssBytes: number
}
