/** The `clawnex` command: everything but `start`, `test`, `bench` and `check`, which the launcher carries out itself. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { isCatalogued } from '../contract/index.ts'
import { litellmLogs, litellmProvision, litellmRestart, litellmStatus } from './commands/litellm.ts'
import { LEVELS, type LogOptions, logs } from './commands/logs.ts'
import { open } from './commands/open.ts'
import { pluginList, pluginReload } from './commands/plugin.ts'
import { status } from './commands/status.ts'
import { restart, stop } from './commands/stop.ts'
import { type CliContext, CliEnd, createContext } from './context.ts'
import { describeExitCodes, exitCode } from './exit-codes.ts'
import { runPluginCommand, summarisePluginCommands } from './plugin-commands.ts'

const root = process.env['CLAWNEX_ROOT'] ?? process.cwd()
/** A command that has run leaves its exit code here. */
let result = 0

const EXAMPLES = `
The launcher also knows: start, test, bench NAME, check.
Examples:
  clawnex start --no-open
  clawnex status --json
  clawnex plugin reload traffic

Exit codes: clawnex help exit-codes
`

const program = new Command('clawnex')
  .description('Local security operations for people who run AI agents.')
  .option('--data <dir>', 'data folder (default: data)')
  .option('--json', 'one JSON object on stdout')
  .exitOverride()
  .enablePositionalOptions()
  .configureOutput({ writeErr: text => void process.stderr.write(text) })

/** Both flags work before and after the command's name. */
function command(parent: Command, usage: string, summary: string): Command {
  return parent
    .command(usage)
    .description(summary)
    .option('--data <dir>', 'data folder')
    .option('--json', 'JSON on stdout')
}

function carryOut(run: (context: CliContext, ...args: never[]) => number | Promise<number>) {
  return async function (this: Command, ...args: unknown[]) {
    const context = createContext(this.optsWithGlobals(), root)
    // Commander passes the options and the command last; positional arguments come first.
    result = await run(context, ...(args.slice(0, -1) as never[]))
  }
}

command(program, 'status', 'what runs and how well; exit code 0, 3 or 4').action(carryOut(status))
command(program, 'open', 'print a one-time link to the dashboard and open it')
  .option('--no-open', 'only print it')
  .action(carryOut((context, options: { open: boolean }) => open(context, options)))
command(program, 'stop', 'end the running product').action(carryOut(stop))
command(program, 'restart', 'replace both processes, with the current sources').action(carryOut(restart))
command(program, 'logs', 'newest log lines of both planes')
  .option('-n, --lines <count>', 'how many', parseCount, 100)
  .addOption(new Option('--level <level>', 'lowest level').choices(Object.keys(LEVELS)).default('info'))
  .option('-f, --follow', 'go on with new lines', false)
  .action(carryOut((context, options: LogOptions) => logs(context, options)))
const litellm = program.command('litellm').description('LiteLLM behind the model path')
command(litellm, 'status', 'state, version, port and what it adds to a call').action(carryOut(litellmStatus))
command(litellm, 'provision', 'install what is missing').action(carryOut(litellmProvision))
command(litellm, 'restart', 'replace the process; no call fails').action(carryOut(litellmRestart))
command(litellm, 'logs', 'newest lines it wrote')
  .option('-n, --lines <count>', 'how many', parseCount, 100)
  .action(carryOut((context, options: { lines: number }) => litellmLogs(context, options)))
const plugins = program.command('plugin').description('plugins of the running product')
command(plugins, 'list', 'plugins with their states').action(carryOut(pluginList))
command(plugins, 'reload <id>', 'load a plugin again').action(
  carryOut((context, id: string) => pluginReload(context, id)),
)
command(program, 'version', 'version of the product').action(
  carryOut(context => {
    const { version } = packageJson
    const build = process.env['CLAWNEX_BUILD'] ?? null
    context.print(
      { version, node: process.versions.node, build },
      `clawnex ${version} (node ${process.versions.node})\n`,
    )
    return exitCode('ok')
  }),
)

function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a number.')
  return Number(text)
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'help' && argv[1] === 'exit-codes') {
    process.stdout.write(describeExitCodes())
    return 0
  }
  if (argv.length === 0 || (argv[0] === 'help' && argv[1] === undefined) || argv[0] === '--help' || argv[0] === '-h') {
    process.stdout.write(`${program.helpInformation()}${EXAMPLES}`)
    process.stdout.write(await summarisePluginCommands(root, createContext({}, root).dataDir))
    return 0
  }
  const name = argv[0] === 'help' ? argv[1] : argv[0]
  const isKnown = name === undefined || name.startsWith('-') || program.commands.some(known => known.name() === name)
  if (!isKnown) {
    const code = await runPluginCommand(argv, root)
    if (code !== undefined) return code
  }
  await program.parseAsync(argv, { from: 'user' })
  return result
}

function explain(error: unknown): number {
  // Commander has already written its own message; help and version count as done.
  if (error instanceof CommanderError) return exitCode(error.exitCode === 0 ? 'ok' : 'usage')
  if (error instanceof CliEnd) {
    process.stderr.write(`${error.message}\n`)
    return error.exit
  }
  if (isCatalogued(error)) {
    process.stderr.write(`${error.code}: ${error.message}\n→ ${error.entry.action}\n`)
    return exitCode(error.code === 'RUN_USAGE' ? 'usage' : 'failed')
  }
  throw error
}

// An unanswered question to a hanging dashboard must not keep a finished command alive.
process.exit(await main(process.argv.slice(2)).catch(explain))
