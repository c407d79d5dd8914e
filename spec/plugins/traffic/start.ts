import {
  CALLS,
  type CallRecord,
  type CallText,
  type Finding,
  type Recorded,
  type Secrets,
} from '../../../kernel/contract/index.ts'
import migration from '../../../plugins/traffic/migrations/0001-calls.ts'
import server from '../../../plugins/traffic/server.ts'
import { memorySecrets, type ServerBench, serveBench } from '../../fixtures/plugin-host.ts'

export interface Traffic {
  readonly bench: ServerBench
  readonly secrets: Secrets
  /** Ingests calls the way the plane does. */
  take(...calls: CallRecord[]): void
}

export async function startTraffic(): Promise<Traffic> {
  const secrets = memorySecrets()
  const bench = await serveBench('traffic', server, [migration], { secrets })
  return { bench, secrets, take: (...calls) => bench.ingest(CALLS, calls.map(recorded)) }
}

export function recorded(call: CallRecord): Recorded<CallRecord> {
  return { id: call.id, at: call.at, row: call }
}

let counter = 0

/** A call that was allowed, unless told otherwise. */
export function callRecord(part: Partial<CallRecord> = {}): CallRecord {
  counter++
  return {
    id: `01CALL${String(counter).padStart(8, '0')}`,
    at: Date.now(),
    verdict: 'allow',
    action: 'forwarded',
    model: 'clawnex/demo',
    provider: 'clawnex',
    route: 'demo',
    key: { id: 'key_1', label: 'first model key …abcd' },
    status: 200,
    stream: false,
    dialect: 'openai',
    path: '/v1/chat/completions',
    error: null,
    tokens: { input: 10, output: 5 },
    cost: { micros: 0, currency: 'USD', trust: 'included' },
    firstByteMs: 4,
    latencyMs: 12.5,
    scanMs: 0.2,
    score: 0,
    threshold: 60,
    scannedBytes: 40,
    unscannedBytes: 0,
    findings: [],
    texts: null,
    ...part,
  }
}

export function finding(part: Partial<Finding> = {}): Finding {
  return {
    category: 'injection',
    rule: 'injection.ignore-previous',
    severity: 'high',
    confidence: 0.9,
    start: 0,
    end: 5,
    unit: 0,
    view: 'raw',
    title: 'Tells the model to drop its instructions',
    ...part,
  }
}

export function callText(text: string, part: Partial<CallText> = {}): CallText {
  return { unit: 0, origin: 'user', direction: 'inbound', text, omitted: 0, removed: [], ...part }
}
