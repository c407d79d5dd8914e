/** What a plugin's CLI entry (`cli.ts`) may use. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array>
  out(text: string): void
  err(text: string): void
  /** Data folder of the installation. It may be absent. */
  readonly dataDir: string
}

/** A command of `clawnex`, contributed by a plugin. */
export interface CliCommand {
  readonly name: string
  readonly summary: string
  /** Usage text for `clawnex help NAME`. */
  readonly usage: string
  /** Returns an exit code, as `clawnex help exit-codes` explains them. */
  run(args: readonly string[], io: CliIo): number | Promise<number>
}

/** The CLI entry of a plugin: `export default defineCli([{ name: 'scan', … }])`. Runs without a server. */
export function defineCli(commands: readonly CliCommand[]): readonly CliCommand[] {
  return commands
}
