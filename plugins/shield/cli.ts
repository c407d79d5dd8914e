import { type CliIo, defineCli, type Origin } from 'clawnex/contract'
import { judgeFor } from './cli-judge.ts'
import { createEngine, DEFAULT_POLICY, type Engine } from './engine/index.ts'

const USAGE = `clawnex scan TEXT | - | --ndjson  [--origin ORIGIN] [--direction inbound|outbound] [--json]

  TEXT        the text to judge; "-" reads it from standard input
  --ndjson    one JSON object a line in ({"text","origin"?,"direction"?}), one verdict a line out, in order
  --origin    user (default) system developer assistant tool_call tool_result web file model
  --direction inbound (default) or outbound; "model" is outbound
  --json      the verdict as JSON

Judges without a server, with the built-in rules in BLOCK mode. Exit codes: 0 nothing at block level, 6 something was, 2 usage.
`

const ORIGINS: readonly Origin[] = [
  'system',
  'developer',
  'user',
  'assistant',
  'tool_call',
  'tool_result',
  'web',
  'file',
  'model',
]

interface Options {
  text: string | null
  ndjson: boolean
  json: boolean
  origin: Origin
  direction: 'inbound' | 'outbound' | null
}

export default defineCli([
  {
    name: 'scan',
    summary: 'Judge a text with the shield',
    usage: USAGE,
    run(args, io) {
      const options = readOptions(args)
      if (typeof options === 'string') {
        io.err(`${options}\n\n${USAGE}`)
        return 2
      }
      return options.ndjson ? scanLines(io, options) : scanOnce(io, options)
    },
  },
])

function readOptions(args: readonly string[]): Options | string {
  const options: Options = { text: null, ndjson: false, json: false, origin: 'user', direction: null }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--ndjson') options.ndjson = true
    else if (arg === '--json') options.json = true
    else if (arg === '--origin' || arg === '--direction') {
      const value = args[++i] ?? ''
      if (arg === '--origin' && ORIGINS.includes(value as Origin)) options.origin = value as Origin
      else if (arg === '--direction' && (value === 'inbound' || value === 'outbound')) options.direction = value
      else return `${arg} does not take "${value}".`
    } else if (arg.startsWith('--') && arg !== '--') return `Unknown option ${arg}.`
    else if (arg !== '--') options.text = options.text === null ? arg : `${options.text} ${arg}`
  }
  return options.text === null && !options.ndjson ? 'There is no text to judge.' : options
}

async function scanOnce(io: CliIo, options: Options): Promise<number> {
  const text = options.text === '-' ? await readAll(io) : (options.text ?? '')
  const result = judgeFor(createEngine(), text, options.origin, options.direction)
  io.out(options.json ? `${JSON.stringify(result)}\n` : describe(result, text))
  return result.action === 'block' ? 6 : 0
}

async function readAll(io: CliIo): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of io.stdin) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

async function scanLines(io: CliIo, options: Options): Promise<number> {
  const engine = createEngine()
  const decoder = new TextDecoder()
  let rest = ''
  let blocked = false
  const take = (line: string) => {
    if (line.trim() === '') return
    const result = judgeLine(engine, line, options)
    blocked ||= result.action === 'block'
    io.out(`${JSON.stringify(result)}\n`)
  }
  for await (const chunk of io.stdin) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() as string
    for (const line of lines) take(line)
  }
  take(rest)
  return blocked ? 6 : 0
}

interface Line {
  readonly id?: unknown
  readonly text?: unknown
  readonly origin?: unknown
  readonly direction?: unknown
}

function judgeLine(engine: Engine, line: string, options: Options) {
  let input: Line
  try {
    input = JSON.parse(line) as Line
  } catch (cause) {
    return { action: 'error', error: `not JSON: ${(cause as Error).message}`, findings: [] }
  }
  if (typeof input !== 'object' || input === null || typeof input.text !== 'string')
    return { action: 'error', error: 'a line needs a "text"', findings: [] }
  const origin = ORIGINS.includes(input.origin as Origin) ? (input.origin as Origin) : options.origin
  const direction =
    input.direction === 'inbound' || input.direction === 'outbound' ? input.direction : options.direction
  return { ...(input.id === undefined ? {} : { id: input.id }), ...judgeFor(engine, input.text, origin, direction) }
}

function describe(result: ReturnType<typeof judgeFor>, text: string): string {
  const lines = [
    `${result.action}  score ${Math.round(result.score * 100)} of 100, blocks at ${DEFAULT_POLICY.threshold}`,
  ]
  for (const { severity, rule, title, start, end, view, category } of result.findings) {
    const quiet = category === 'secret' || category === 'pii'
    const what = quiet ? `${end - start} characters` : JSON.stringify(text.slice(start, Math.min(end, start + 80)))
    lines.push(`  ${severity.padEnd(8)} ${rule}  ${title}  at ${start}${view === 'raw' ? '' : ` (${view})`}: ${what}`)
  }
  return `${lines.join('\n')}\n`
}
