/** Commands that plugins bring (`entries.cli`). They run in this process, without a server. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { CliCommand, CliIo } from '../contract/index.ts'
import { createContext } from './context.ts'
import { exitCode } from './exit-codes.ts'

/** One line per plugin command, for the overview. */
export async function summarisePluginCommands(root: string, dataDir: string): Promise<string> {
  const commands = await load(root, dataDir)
  if (commands.length === 0) return ''
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(24)}${summary}\n`)
  return `\nCommands of plugins:\n${lines.join('')}`
}

/**
 * Runs `NAME …` or prints the usage of `help NAME` / `NAME --help`.
 * Returns undefined when no plugin knows the name.
 */
export async function runPluginCommand(argv: readonly string[], root: string): Promise<number | undefined> {
  const wantsHelp = argv[0] === 'help'
  const [name, ...rest] = wantsHelp ? argv.slice(1) : argv
  const { dataDir, args } = takeData(rest, root)
  const command = (await load(root, dataDir)).find(item => item.name === name)
  if (command === undefined) return undefined
  if (wantsHelp || args[0] === '--help' || args[0] === '-h') {
    process.stdout.write(`${command.usage.trimEnd()}\n`)
    return exitCode('ok')
  }
  return command.run(args, createIo(dataDir))
}

/** `--data DIR` means the same for every command, so it is taken out before the plugin sees its arguments. */
function takeData(args: readonly string[], root: string): { dataDir: string; args: string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: { data: { type: 'string' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const flag = tokens.find(token => token.kind === 'option' && token.name === 'data')
  if (flag?.kind !== 'option' || typeof flag.value !== 'string')
    return { dataDir: createContext({}, root).dataDir, args: [...args] }
  const length = flag.inlineValue ? 1 : 2
  return {
    dataDir: createContext({ data: flag.value }, root).dataDir,
    args: [...args.slice(0, flag.index), ...args.slice(flag.index + length)],
  }
}

function createIo(dataDir: string): CliIo {
  return {
    stdin: process.stdin,
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    dataDir,
  }
}

async function load(root: string, dataDir: string): Promise<readonly CliCommand[]> {
  // Loaded only here: `status` and `open` must not wait for the bundler.
  const { loadCliCommands } = await import('../discover/cli.ts')
  return loadCliCommands({
    builtinDir: join(root, 'plugins'),
    extraDir: join(dataDir, 'plugins'),
    buildDir: join(root, '.runtime/cli'),
  })
}
