/** Our model path as a process of its own: `off` has a judge that allows without looking, `on` the real shield. */
import { hash } from 'node:crypto'
import { JUDGE, type Judge, MODEL_KEYS, RECORDING, ROUTER, tokenKey } from '../../../kernel/contract/index.ts'
import { createGateway } from '../../../kernel/gateway/index.ts'
import type { Snapshot } from '../../../kernel/ports.ts'
import { createEngine, createJudge } from '../../../plugins/shield/engine/index.ts'

const [mode, baseUrl = ''] = process.argv.slice(2)
const NOTHING = {
  verdict: 'allow',
  score: 0,
  threshold: 60,
  findings: [],
  redactions: [],
  scannedBytes: 0,
  ms: 0,
} as const

const blind: Judge = {
  request: () => NOTHING,
  answer: () => {
    const lengths = new Map<string, number>()
    return {
      push: (channel, text) => {
        const releasable = (lengths.get(channel) ?? 0) + text.length
        lengths.set(channel, releasable)
        return { releasable, redactions: [] }
      },
      toolCall: () => NOTHING,
      end: channel => ({ releasable: lengths.get(channel) ?? 0, redactions: [] }),
      result: () => NOTHING,
    }
  },
}

const digest = (text: string): string => hash('sha256', `bench${text}`, 'base64')
const judge = mode === 'on' ? createJudge(createEngine(), { digest }) : blind
const router = {
  models: () => [],
  resolve: (model: string) => ({
    provider: 'bench',
    model: model.slice(6),
    route: 'direct' as const,
    dialect: 'openai' as const,
    baseUrl,
    headers: {},
    timeouts: { firstByte: 30_000, idle: 30_000 },
    price: null,
  }),
}
const snapshot: Snapshot = {
  id: 1,
  generations: [],
  routes: new Map(),
  services: new Map<string, unknown>([
    [tokenKey(MODEL_KEYS), { verify: () => ({ id: 'bench', label: 'bench', models: null }) }],
    [tokenKey(RECORDING), { textMode: () => 'redacted' }],
  ]),
  points: new Map<string, readonly unknown[]>([
    [tokenKey(JUDGE), [judge]],
    [tokenKey(ROUTER), [router]],
  ]),
  ui: [],
}

let ids = 0
let recorded = 0
const silent = (): void => {}
const gateway = createGateway({
  kernel: () => ({ snapshot: () => snapshot, pin: () => ({ snapshot, release: silent }) }),
  plane: {
    version: () => 1,
    accepting: () => true,
    nextId: () => String(++ids),
    // Written out as the spool does, without the disk.
    record: (_key, row) => {
      recorded += JSON.stringify(row).length
      return ''
    },
  },
  log: { debug: silent, info: silent, warn: silent, error: silent },
  run: { version: '0.0.0' },
})

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMicros: user + system, rssBytes: process.memoryUsage().rss, recorded })
})
process.on('disconnect', () => process.exit(0))
const { port } = await gateway.listen(0)
process.send?.({ port })
