/**
 * Reloads under load: how long the swap takes, how long the whole reload, and what it costs in requests and memory. One JSON
 * line a load. Clients run in this process, so reload times include their share of the processor.
 */
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Load, listen, startTraffic, type Traffic, writeBad, writeGood } from '../hot/arena.ts'
import { codeOf, type Workshop, workshop } from '../kernel/transaction/fixture.ts'

const RELOADS = 200
const PREBUNDLED = 60
const WARM = 20
const CLIENTS = 8
const LOADS: readonly Load[] = ['plain', 'slow', 'stream']

interface Measured {
  readonly swaps: number[]
  readonly reloads: number[]
  most: number
  refused: number
  wrong: number
}

export async function run(): Promise<void> {
  setFlagsFromString('--expose-gc')
  setFlagsFromString('--no-compilation-cache')
  for (const load of LOADS) await runLoad(load)
}

async function runLoad(load: Load): Promise<void> {
  const ends: (() => unknown)[] = []
  const test = { after: (end: () => unknown) => void ends.push(end) }
  const shop = workshop(test as Parameters<typeof workshop>[0], {
    limits: { soft: 5_000, hard: 10_000, settle: 5_000 },
  })
  try {
    writeGood(shop, 0)
    await shop.kernel.start()
    const origin = await listen(shop, test as Parameters<typeof listen>[1])
    const traffic = startTraffic(origin, [load], CLIENTS)
    await measure(shop, WARM, true)
    const before = heapUsed()
    const bundling = await measure(shop, RELOADS, true)
    const after = heapUsed()
    writeGood(shop, RELOADS + 1)
    await measure(shop, 1, false)
    const prebundled = await measure(shop, PREBUNDLED, false)
    await traffic.stop()
    report(load, traffic, bundling, prebundled, (after - before) / RELOADS / 1024)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

/** Lets each drain end before the next reload, as an author who saves a file does. */
async function measure(shop: Workshop, count: number, change: boolean): Promise<Measured> {
  const measured: Measured = { swaps: [], reloads: [], most: 0, refused: 0, wrong: 0 }
  for (let n = 1; n <= count; n += 1) {
    const bad = change && n % 5 === 0
    if (bad) writeBad(shop, n, n / 5)
    else if (change) writeGood(shop, n)
    const before = shop.kernel.snapshot()
    const begun = performance.now()
    const refused = (await codeOf(shop.kernel.reload('arena', 'bench'))) !== 'none'
    if (refused) measured.refused += 1
    if (refused !== bad || (refused && shop.kernel.snapshot() !== before)) measured.wrong += 1
    if (!refused) {
      measured.reloads.push(performance.now() - begun)
      measured.swaps.push(shop.kernel.transactions()[0]?.swapMicros ?? Number.NaN)
    }
    measured.most = Math.max(measured.most, shop.kernel.status()[0]?.generations.length ?? 0)
    await shop.kernel.drained()
    // What the spec's own log keeps is no cost of the kernel.
    shop.lines.length = 0
    await sleep(5)
  }
  return measured
}

function heapUsed(): number {
  const gc = runInNewContext('gc') as () => void
  for (let round = 0; round < 5; round += 1) gc()
  return process.memoryUsage().heapUsed
}

function report(load: Load, traffic: Traffic, bundling: Measured, prebundled: Measured, slope: number): void {
  const line = {
    bench: 'swap',
    load,
    reloads: RELOADS + PREBUNDLED,
    refused: bundling.refused,
    wrong: bundling.wrong + prebundled.wrong,
    swapMicros: { p50: percentile(bundling.swaps, 50), p99: percentile(bundling.swaps, 99) },
    reloadMs: {
      bundling: { p50: percentile(bundling.reloads, 50), p99: percentile(bundling.reloads, 99) },
      prebundled: { p50: percentile(prebundled.reloads, 50), p99: percentile(prebundled.reloads, 99) },
    },
    requests: traffic.ok[load],
    failedRequests: traffic.failures.length,
    liveGenerations: Math.max(bundling.most, prebundled.most),
    heapKbPerReload: round(slope),
    goals: {
      'swap p99 < 1 ms': percentile(bundling.swaps, 99) < 1000,
      'reload p50 < 120 ms bundling': percentile(bundling.reloads, 50) < 120,
      'reload p50 < 50 ms pre-bundled': percentile(prebundled.reloads, 50) < 50,
      '0 failed requests': traffic.failures.length === 0,
      '<= 2 live generations': Math.max(bundling.most, prebundled.most) <= 2,
    },
    machineLoad: round(loadavg()[0] ?? 0),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN)
}

const round = (value: number): number => Math.round(value * 100) / 100
