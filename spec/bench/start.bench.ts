/**
 * How long a start takes, from the start of the launcher's process until both planes answer, and what each plane holds once
 * it is idle. The first start of a data folder is told apart: it makes keys, tables and bundles. One JSON line a case.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { ROOT } from '../fixtures/paths.ts'

const WARM_STARTS = 5
const IDLE_MS = 30_000
const BUDGET = { readyMs: 1_500, rssMiB: { dashboard: 120, gateway: 110 } } as const

interface Run {
  readonly child: ChildProcess
  readonly ms: number
  readonly pids: Readonly<Record<string, number>>
}

export async function run(args: readonly string[]): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'clawnex-bench-'))
  try {
    const first = await startOnce(data)
    print({ case: 'first start of a data folder', ms: first.ms })
    await end(first)
    const warm: number[] = []
    for (let round = 0; round < WARM_STARTS; round++) {
      const started = await startOnce(data)
      warm.push(started.ms)
      await end(started)
    }
    const sorted = warm.toSorted((a, b) => a - b)
    print({ case: 'start', median: sorted[Math.floor(sorted.length / 2)], runs: warm, budget: BUDGET.readyMs })
    await measureIdle(data, args.includes('--quick') ? 5_000 : IDLE_MS)
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** The way `npm start` does it, without npm itself: its own start takes a constant fraction of a second. */
async function startOnce(data: string): Promise<Run> {
  const began = performance.now()
  const ports = ['--dashboard-port', '0', '--model-port', '0']
  const flags = ['--json', '--no-open', '--no-watch', '--litellm', 'off', '--data', data, ...ports]
  const child = spawn('node', [join(ROOT, 'kernel/cli/launcher.mjs'), 'start', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const pids: Record<string, number> = {}
  return new Promise((resolve, reject) => {
    child.once('exit', code => reject(new Error(`the product ended with ${code} before it was ready`)))
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', line => {
      const event = JSON.parse(line) as { event: string; role?: string; pid?: number }
      if (event.event === 'child' && event.role && event.pid) pids[event.role] = event.pid
      if (event.event === 'ready') resolve({ child, ms: Math.round(performance.now() - began), pids })
    })
  })
}

async function end({ child }: Run): Promise<void> {
  const gone = new Promise(done => child.once('exit', done))
  child.kill('SIGTERM')
  await gone
}

async function measureIdle(data: string, idleMs: number): Promise<void> {
  const started = await startOnce(data)
  await wait(idleMs)
  for (const role of ['dashboard', 'gateway'] as const) {
    const pid = started.pids[role]
    print({
      case: 'idle memory',
      role,
      afterMs: idleMs,
      ...(pid === undefined ? {} : readMemory(pid)),
      budgetMiB: BUDGET.rssMiB[role],
    })
  }
  print({ case: 'idle memory', role: 'supervisor', afterMs: idleMs, ...readMemory(started.child.pid as number) })
  await end(started)
}

/** Rss counts shared pages in full, Pss by share. Null where there is no /proc. */
function readMemory(pid: number): { rssMiB: number | null; pssMiB: number | null } {
  if (process.platform !== 'linux') return { rssMiB: null, pssMiB: null }
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const field = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 102.4) / 10
  return { rssMiB: field('Rss'), pssMiB: field('Pss') }
}

function print(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ bench: 'start', ...line })}\n`)
}
