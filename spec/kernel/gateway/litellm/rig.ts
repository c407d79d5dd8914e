import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { LiteLlmProvider, LiteLlmStatus } from '../../../../kernel/contract/index.ts'
import { LiteLlmManager, type LiteLlmOptions } from '../../../../kernel/gateway/litellm/index.ts'
import { ROOT, temporaryFolder } from '../../../fixtures/paths.ts'
import { quiet } from '../../../fixtures/plugin-host.ts'

const FAKE = join(ROOT, 'spec/fixtures/litellm/fake-litellm.mjs')

export interface Rig {
  readonly manager: LiteLlmManager
  readonly dataDir: string
  /** Every status told so far. */
  readonly told: LiteLlmStatus[]
  /** How processes started from now on misbehave. */
  fault(name: string): void
  /** Calls that the model path has under way, by origin. */
  readonly inFlight: Map<string, number>
  until<T>(what: string, find: () => T | false | null | undefined, ms?: number): Promise<T>
}

/** A manager whose LiteLLM is a small stand-in. Ended with the test. */
export function startManager(t: TestContext, options: Partial<LiteLlmOptions> = {}): Rig {
  const dataDir = options.dataDir ?? temporaryFolder(t)
  const told: LiteLlmStatus[] = []
  const inFlight = new Map<string, number>()
  let fault = 'none'
  const manager = new LiteLlmManager({
    mode: 'auto',
    dataDir,
    locksDir: '/nowhere',
    log: quiet,
    inFlight: origin => inFlight.get(origin) ?? 0,
    onStatus: status => void told.push(status),
    env: {},
    preferredPort: 0,
    install: async () => ({
      get command() {
        return [process.execPath, FAKE, fault]
      },
      version: '0-fake',
    }),
    ...options,
    timings: { settleMs: 10, startMs: 20_000, retryMs: 30, retryLastMs: 100, probeEveryMs: 60, ...options.timings },
  })
  t.after(() => manager.stop(2_000))
  return {
    manager,
    dataDir,
    told,
    inFlight,
    fault: name => {
      fault = name
    },
    async until(what, find, ms = 15_000) {
      const end = Date.now() + ms
      for (;;) {
        const found = find()
        if (found) return found
        if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}: ${JSON.stringify(manager.status())}`)
        await wait(10)
      }
    },
  }
}

export function provider(id: string, baseUrl: string, part: Partial<LiteLlmProvider> = {}): LiteLlmProvider {
  return { id, dialect: 'openai', baseUrl, key: null, ...part }
}

export const isReady = (rig: Rig) => rig.manager.status().state === 'ready' && !rig.manager.status().swapping
