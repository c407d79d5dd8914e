import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

export type Row = Readonly<Record<string, unknown>>

export interface ReaderOptions {
  /**
   * A query that takes longer is given up with its worker. Default 30 s. SQLite itself cannot be interrupted through the
   * driver: the thread ends when the step it is at ends.
   */
  readonly timeoutMs?: number
  /** The worker ends when nothing was asked for so long. Default 60 s. */
  readonly idleMs?: number
}

export interface Reader {
  read(sql: string, params: readonly unknown[]): Promise<readonly Row[]>
  close(): Promise<void>
}

/** Plain JavaScript in a text: the kernel is one bundle, so there is no file of its own to give to a worker. */
const WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads')
const Sqlite = require(workerData.driver)
const db = new Sqlite(workerData.path, { readonly: true, fileMustExist: true })
db.pragma('busy_timeout = 5000')
db.pragma('query_only = 1')
db.pragma('trusted_schema = 0')
parentPort.on('message', ({ id, sql, params }) => {
  try {
    parentPort.postMessage({ id, rows: db.prepare(sql).all(...params) })
  } catch (error) {
    parentPort.postMessage({ id, error: { message: error.message, code: error.code } })
  }
})
`

interface Question {
  readonly id: number
  readonly sql: string
  readonly params: readonly unknown[]
  readonly resolve: (rows: readonly Row[]) => void
  readonly reject: (error: Error) => void
}

interface Answer {
  readonly id: number
  readonly rows?: readonly Row[]
  readonly error?: { readonly message: string; readonly code?: string }
}

/** One worker with a read-only connection, started at the first question; questions are answered one after the other. */
export function createReader(path: string, options: ReaderOptions = {}): Reader {
  const { timeoutMs = 30_000, idleMs = 60_000 } = options
  const waiting: Question[] = []
  let worker: Worker | undefined
  let current: Question | undefined
  let timer: NodeJS.Timeout | undefined
  let nextId = 0
  let closed = false

  function start(): Worker {
    const started = new Worker(WORKER_SOURCE, { eval: true, env: {}, workerData: { path, driver: driverPath() } })
    started.unref()
    started.on('message', (answer: Answer) => {
      if (started === worker) settle(answer)
    })
    started.on('error', error => lose(started, error))
    started.on('exit', code => lose(started, new Error(`the reading worker ended with ${code}`)))
    return started
  }

  /** A worker that is gone fails the question it was at; the next question gets a new one. */
  function lose(lost: Worker, error: Error): void {
    if (lost !== worker) return
    worker = undefined
    const failed = current
    current = undefined
    clearTimeout(timer)
    failed?.reject(error)
    next()
  }

  function settle(answer: Answer): void {
    if (current === undefined || answer.id !== current.id) return
    const { resolve, reject } = current
    current = undefined
    clearTimeout(timer)
    if (answer.error) reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }))
    else resolve(answer.rows ?? [])
    next()
  }

  function next(): void {
    if (current !== undefined || closed) return
    current = waiting.shift()
    if (current === undefined) {
      waitIdle()
      return
    }
    worker ??= start()
    worker.postMessage({ id: current.id, sql: current.sql, params: current.params })
    timer = setTimeout(() => end(new Error(`the query took longer than ${timeoutMs} ms`)), timeoutMs)
  }

  function waitIdle(): void {
    if (worker === undefined) return
    timer = setTimeout(() => end(new Error('idle')), idleMs)
    timer.unref()
  }

  function end(error: Error): void {
    const ending = worker
    if (ending === undefined) return
    lose(ending, error)
    void ending.terminate()
  }

  return {
    read(sql, params) {
      if (closed) return Promise.reject(new Error('the store is closed'))
      return new Promise((resolve, reject) => {
        nextId += 1
        if (current === undefined) clearTimeout(timer)
        waiting.push({ id: nextId, sql, params, resolve, reject })
        next()
      })
    },
    async close() {
      closed = true
      clearTimeout(timer)
      const error = new Error('the store is closed')
      current?.reject(error)
      for (const question of waiting.splice(0)) question.reject(error)
      current = undefined
      const ending = worker
      worker = undefined
      await ending?.terminate()
    },
  }
}

function driverPath(): string {
  return createRequire(import.meta.url).resolve('better-sqlite3')
}
