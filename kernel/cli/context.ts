import { resolve } from 'node:path'
import { type ExitName, exitCode } from './exit-codes.ts'
import { callerFolder } from './launch/caller.mjs'

/** What every command works with. stdout is data, stderr is talk. */
export interface CliContext {
  /** Root of the installation. */
  readonly root: string
  readonly dataDir: string
  readonly json: boolean
  readonly isTerminal: boolean
  /** One JSON object with `--json`, else the text. */
  print(value: unknown, text: string): void
  say(text: string): void
}

export function createContext(options: { data?: string; json?: boolean }, root: string): CliContext {
  const json = options.json === true
  return {
    root,
    dataDir:
      options.data === undefined
        ? resolve(root, 'data')
        : resolve(callerFolder(root, process.env, process.cwd()), options.data),
    json,
    isTerminal: process.stdout.isTTY === true,
    print: (value, text) => void process.stdout.write(json ? `${JSON.stringify(value)}\n` : text),
    say: text => void process.stderr.write(`${text}\n`),
  }
}

/** Ends a command with a named exit code and a sentence for stderr. */
export class CliEnd extends Error {
  readonly exit: number

  constructor(exit: ExitName, message: string) {
    super(message)
    this.exit = exitCode(exit)
  }
}

/** Stops a command because nothing runs on the data folder. */
export function notRunning(context: CliContext): CliEnd {
  return new CliEnd('notRunning', `ClawNex does not run on ${context.dataDir}. Start it with "clawnex start".`)
}
