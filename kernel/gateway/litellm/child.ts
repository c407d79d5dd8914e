/** One process of LiteLLM, from its configuration to its end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { LiteLlmEndpoint, LiteLlmProvider } from '../../contract/index.ts'
import type { LogFile } from '../../log/rotate.ts'
import { ask } from './ask.ts'
import type { Canary } from './canary.ts'
import { buildConfig, fingerprint } from './config.ts'
import type { Installation } from './install.ts'
import { notePid } from './orphans.ts'

export interface ChildOptions {
  readonly installation: Installation
  readonly providers: readonly LiteLlmProvider[]
  readonly canary: Canary
  /** `DATA/litellm`. */
  readonly folder: string
  /** Taken when it is free, else any other. */
  readonly preferredPort: number
  readonly env: NodeJS.ProcessEnv
  readonly log: LogFile
  /** How long it may take to answer. */
  readonly startMs: number
}

const LOOK_MS = 200
const PROBE_MS = 10_000
const KEPT_LINES = 8

export class LiteLlmChild {
  readonly fingerprint: string
  readonly #options: ChildOptions
  readonly #ids: ReadonlySet<string>
  /** Random for each start, known to this process and to the child alone. */
  readonly #key = `sk-${randomBytes(36).toString('base64url')}`
  readonly #exited: Promise<void>
  #setExited: () => void = () => {}
  #process: ChildProcess | undefined
  #gone = false
  #endpoint: LiteLlmEndpoint = { baseUrl: '', headers: {} }
  #port = 0
  #lastLines: string[] = []
  addedMs = 0

  constructor(options: ChildOptions) {
    this.#options = options
    this.#ids = new Set(options.providers.map(({ id }) => id))
    this.fingerprint = fingerprint(options.providers)
    this.#exited = new Promise(resolve => {
      this.#setExited = resolve
    })
  }

  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  get port(): number {
    return this.#port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Resolves once the process is gone. */
  get exited(): Promise<void> {
    return this.#exited
  }

  endpoint(provider: string): LiteLlmEndpoint | null {
    return this.#ids.has(provider) ? this.#endpoint : null
  }

  /** Resolves when the process has answered a canary on every API. Otherwise it is ended, and the promise rejects with why. */
  async start(): Promise<void> {
    try {
      this.#port = await freePort(this.#options.preferredPort)
      const model = this.#spawn()
      await this.#untilAlive()
      this.addedMs = await this.#options.canary.check(this.#endpoint.baseUrl, this.#key, model)
      if (this.#gone) throw this.#early()
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  /** Rejects when it does not answer in time. Costs nothing. */
  async probe(): Promise<void> {
    const { status } = await ask(`${this.origin}/health/liveliness`, { timeoutMs: PROBE_MS })
    if (status !== 200) throw new Error(`liveliness answered HTTP ${status}`)
  }

  /** Lets it finish what it does, for at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (this.#gone || this.#process === undefined) return
    this.#process.kill('SIGTERM')
    await Promise.race([this.#exited, wait(graceMs, undefined, { ref: false })])
    await this.kill()
  }

  async kill(): Promise<void> {
    if (this.#gone || this.#process === undefined) return
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  /** Returns the model name of its canary. */
  #spawn(): string {
    const { installation, providers, canary, folder, env } = this.#options
    const home = join(folder, 'home')
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const entry = canary.entry()
    const config = buildConfig(providers, entry, { masterKey: this.#key, home, env })
    const path = join(folder, `config-${entry.model.slice(-12)}.yaml`)
    writeFileSync(path, config.text, { mode: 0o600 })
    const [program = '', ...first] = installation.command
    const where = ['--config', path, '--host', '127.0.0.1', '--port', String(this.#port), '--num_workers', '1']
    const child = spawn(program, [...first, ...where], { cwd: home, env: config.env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process = child
    this.#endpoint = { baseUrl: `${this.origin}/v1`, headers: { authorization: `Bearer ${this.#key}` } }
    const forget = child.pid === undefined ? () => {} : notePid(join(folder, 'run'), child.pid)
    this.#keepOutput(child)
    const over = (): void => {
      if (this.#gone) return
      this.#gone = true
      forget()
      rmSync(path, { force: true })
      this.#setExited()
    }
    child.once('error', error => {
      this.#lastLines.push(error.message)
      if (child.pid === undefined) over()
    })
    child.once('exit', over)
    // Never written to: it only tells the child that this process lives.
    child.stdin?.on('error', () => {})
    return entry.model
  }

  #keepOutput(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', line => {
        this.#options.log.write(`${line}\n`)
        if (line.trim() !== '') this.#lastLines = [...this.#lastLines.slice(1 - KEPT_LINES), line]
      })
    }
  }

  async #untilAlive(): Promise<void> {
    const end = performance.now() + this.#options.startMs
    for (;;) {
      if (this.#gone) throw this.#early()
      if (performance.now() > end) throw new Error(`LiteLLM did not answer within ${this.#options.startMs / 1000} s`)
      try {
        await this.probe()
        return
      } catch {
        // Not up yet: asked again until the time is over.
        await Promise.race([wait(LOOK_MS), this.#exited])
      }
    }
  }

  #early(): Error {
    const { exitCode, signalCode } = this.#process ?? {}
    return new Error(`LiteLLM ended with ${signalCode ?? exitCode ?? 'an error'}: ${this.#lastLines.join('\n')}`)
  }
}

/** A port that is free now. Should another process take it first, the child fails to start and the next one gets another. */
async function freePort(preferred: number): Promise<number> {
  return (await tryPort(preferred)) ?? (await tryPort(0)) ?? 0
}

function tryPort(port: number): Promise<number | null> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const { port: found } = server.address() as AddressInfo
      server.close(() => resolve(found))
    })
  })
}
