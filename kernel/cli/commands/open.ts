import { type CliContext, notRunning } from '../context.ts'
import { askDashboard, findRunning } from '../dashboard.ts'
import { exitCode } from '../exit-codes.ts'
import { openBrowser } from '../launch/browser.mjs'

/** Prints a fresh one-time link to the dashboard, and opens it on a machine with a screen. */
export async function open(context: CliContext, options: { open: boolean }): Promise<number> {
  const answer = (await askDashboard(context.dataDir, 'open-link', {}).catch(error => {
    // Only a missing supervisor makes "not running" the reason; any other refusal has its own words.
    throw findRunning(context.dataDir) === undefined && isUnreachable(error) ? notRunning(context) : error
  })) as { link: string; expiresAt: number }
  context.print(answer, `${answer.link}\n`)
  if (options.open && !context.json && context.isTerminal) openBrowser(answer.link)
  return exitCode('ok')
}

function isUnreachable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(code)
}
