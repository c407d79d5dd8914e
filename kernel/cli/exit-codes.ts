import table from './exit-codes.json' with { type: 'json' }

export type ExitName = keyof typeof table

/** Number of a named outcome. The one table for every command; `clawnex help exit-codes` prints it. */
export function exitCode(name: ExitName): number {
  return table[name].code
}

/** The whole table as text. */
export function describeExitCodes(): string {
  return Object.values(table)
    .map(({ code, meaning }) => `${String(code).padStart(4)}  ${meaning}\n`)
    .join('')
}
