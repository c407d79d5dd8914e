/** Cost of the shield by size of text, and by chunk of a stream. Prints one JSON line a case. */
import type { CallInfo } from 'clawnex/contract'
import { createEngine, createJudge } from '../../plugins/shield/engine/index.ts'

const PROSE = [
  'Please read the quarterly report and list the three risks that matter most to a small team. ',
  'The previous version of the parser returned null for empty input, so callers had to check twice. ',
  'const total = items.reduce((sum, item) => sum + item.price * item.count, 0)\n',
  'Meeting moved to 14:30, room 204; bring the numbers for https://docs.example.org/plan?id=42. ',
  'You can ignore the warning about the cache, it is gone after the first build. ',
]

function textOf(size: number, seed: number): string {
  let text = `${seed} `
  for (let i = seed; text.length < size; i++) text += `${PROSE[(i * 7 + (i >> 3)) % PROSE.length]}${i} `
  return text.slice(0, size)
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!

function measure(name: string, times: number, work: (i: number) => void, unit: number): void {
  for (let i = 0; i < Math.max(20, times / 4); i++) work(i)
  const took: number[] = []
  for (let i = 0; i < times; i++) {
    const started = performance.now()
    work(i + 1000)
    took.push(performance.now() - started)
  }
  took.sort((a, b) => a - b)
  const micros = (value: number) => Math.round((value / unit) * 1e5) / 100
  const line = {
    bench: 'shield',
    case: name,
    runs: times,
    p50us: micros(quantile(took, 0.5)),
    p99us: micros(quantile(took, 0.99)),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Runs all cases; about ten seconds. */
export function run(): void {
  const started = performance.now()
  const engine = createEngine()
  const built = performance.now() - started
  process.stdout.write(
    `${JSON.stringify({ bench: 'shield', case: 'compile', rules: engine.set.rules.length, ms: Math.round(built * 10) / 10 })}\n`,
  )
  for (const [name, size, times] of [
    ['1 KB', 1 << 10, 2000],
    ['4 KB', 4 << 10, 1000],
    ['32 KB', 32 << 10, 200],
    ['1 MB', 1 << 20, 10],
  ] as const) {
    const texts = Array.from({ length: 16 }, (_, i) => textOf(size, i * 13 + 1))
    measure(name, times, i => void engine.assess({ text: texts[i % 16]!, origin: 'user', direction: 'inbound' }), 1)
  }
  const judge = createJudge(engine)
  const call: CallInfo = { id: 'b', model: 'm', provider: 'p', keyId: 'k', stream: true, dialect: 'openai', units: [] }
  const chunks = textOf(16_000, 3).match(/[\s\S]{16}/g)!
  measure(
    'stream, 16-character chunk',
    200,
    () => {
      const answer = judge.answer(call)
      for (const chunk of chunks) answer.push('content:0', chunk)
      answer.end('content:0')
    },
    chunks.length,
  )
}
