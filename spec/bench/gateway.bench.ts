/**
 * What the model path adds to a call: direct, through a bare pass-through, through it with the shield off and on, and through
 * Portkey's gateway. What is added over direct is what a caller notices; over bare, what the path itself costs. Windows
 * alternate over the targets within each round; every body is new. One JSON line a case and target.
 */
import { loadavg } from 'node:os'
import type { Window, WindowResult } from './gateway/message.ts'
import { type Bench, nextMessage, startBench, type Target } from './gateway/targets.ts'

interface Case {
  readonly name: string
  readonly bytes: number
  readonly concurrency: number
  readonly stream: boolean
}

interface Sample {
  readonly p50: number
  readonly p99: number
  readonly rate: number
  readonly cpu: number | null
  readonly errors: number
  readonly requests: number
}

const ROUNDS = 4
const WINDOW_MS = 600
const WARM_MS = 400
/** The compiler of a process that has just started is done with the path after some ten thousand calls. */
const FIRST_WARM_MS = 2_500
const KB = 1024
const CHUNKS = 100

const CASES: readonly Case[] = [
  ...[1, 32, 400].flatMap(kb =>
    [1, 32].map(concurrency => ({ name: `plain ${kb} KB`, bytes: kb * KB, concurrency, stream: false })),
  ),
  ...[1, 32].map(concurrency => ({ name: `stream ${CHUNKS} chunks, 1 KB`, bytes: KB, concurrency, stream: true })),
]

export async function run(): Promise<void> {
  const bench = await startBench()
  try {
    for (const { target, reason } of bench.skipped) print({ target, skipped: reason })
    for (const target of bench.targets) await measure(bench, target, CASES[0] as Case, FIRST_WARM_MS)
    for (const item of CASES) await runCase(bench, item)
  } finally {
    bench.stop()
  }
}

async function runCase(bench: Bench, item: Case): Promise<void> {
  const samples = new Map<Target, Sample[]>(bench.targets.map(target => [target, []]))
  for (const target of bench.targets) await measure(bench, target, item, WARM_MS)
  for (let round = 0; round < ROUNDS; round++)
    for (const target of bench.targets) samples.get(target)?.push(await measure(bench, target, item, WINDOW_MS))
  report(item, samples)
}

async function measure(bench: Bench, target: Target, item: Case, ms: number): Promise<Sample> {
  const { url, headers, model } = target
  const window: Window = {
    url,
    headers,
    model,
    bytes: item.bytes,
    stream: item.stream,
    concurrency: item.concurrency,
    ms,
  }
  const before = target.cpuMicros()
  const answer = nextMessage(bench.load)
  bench.load.send(window)
  const { latencies, requests, errors, elapsedMs } = (await answer) as WindowResult
  const after = target.cpuMicros()
  const sorted = [...latencies].sort((a, b) => a - b)
  return {
    p50: at(sorted, 0.5),
    p99: at(sorted, 0.99),
    rate: (requests / elapsedMs) * 1000,
    cpu: before === null || after === null ? null : (after - before) / requests,
    errors,
    requests,
  }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The best window of each target: other load on the machine only ever makes a window worse. */
function report(item: Case, samples: ReadonlyMap<Target, readonly Sample[]>): void {
  const best = [...samples].map(([target, all]) => ({
    target: target.name,
    p50: Math.min(...all.map(sample => sample.p50)),
    p99: Math.min(...all.map(sample => sample.p99)),
    rate: Math.max(...all.map(sample => sample.rate)),
    cpu: all.some(sample => sample.cpu === null) ? null : Math.min(...all.map(sample => sample.cpu ?? 0)),
    errors: all.reduce((sum, sample) => sum + sample.errors, 0),
    requests: all.reduce((sum, sample) => sum + sample.requests, 0),
  }))
  const direct = best[0]
  const bare = best.find(({ target }) => target === 'bare')
  const rival = best.find(({ target }) => target === 'portkey')
  for (const { target, p50, p99, rate, cpu, errors, requests } of best)
    print({
      case: item.name,
      concurrency: item.concurrency,
      target,
      p50Ms: round(p50),
      p99Ms: round(p99),
      addedP50Ms: round(p50 - (direct?.p50 ?? 0)),
      overBareP50Ms: round(p50 - (bare?.p50 ?? 0)),
      addedP99Ms: round(p99 - (direct?.p99 ?? 0)),
      rate: Math.round(rate),
      ofDirect: round(rate / (direct?.rate ?? 1)),
      ofPortkey: rival && rival.errors < rival.requests ? round(rate / rival.rate) : null,
      cpuOverBare: cpu === null || !bare?.cpu ? null : Math.round(cpu - bare.cpu),
      cpuMicros: cpu === null ? null : Math.round(cpu),
      cpuMicrosPerChunk: cpu === null || !item.stream ? null : round(cpu / CHUNKS),
      requests,
      errors,
      load: round(loadavg()[0] ?? 0),
    })
}

function print(row: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ bench: 'gateway', ...row })}\n`)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
