import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { GatewayStatus, LiteLlmStatus } from '../../contract/index.ts'
import { type CliContext, CliEnd, notRunning } from '../context.ts'
import { askDashboard, findRunning } from '../dashboard.ts'
import { exitCode } from '../exit-codes.ts'
import { printTail } from './tail.ts'

const LOOK_MS = 500
/** An installation over a slow line takes its time; a start takes half a minute at worst. */
const LIMIT_MS = { provision: 60 * 60_000, restart: 5 * 60_000 } as const

/** Exit code 0 when it serves, rests or is not wanted; 4 otherwise. */
export async function litellmStatus(context: CliContext): Promise<number> {
  const status = await read(context)
  context.print(status, describe(status))
  return exitCode(['ready', 'idle', 'off'].includes(status.state) && status.detail === null ? 'ok' : 'degraded')
}

/** Replaces the process and waits until the new one serves. */
export async function litellmRestart(context: CliContext): Promise<number> {
  const before = await order(context, 'restart')
  return follow(context, 'restart', status => status.switches > before.switches)
}

/** Installs what is missing and waits until it is there. */
export async function litellmProvision(context: CliContext): Promise<number> {
  await order(context, 'provision')
  return follow(context, 'provision', status => status.version !== null && status.state !== 'provisioning')
}

/** The newest lines LiteLLM wrote. Works without a running product. */
export async function litellmLogs(context: CliContext, options: { lines: number }): Promise<number> {
  return printTail(join(context.dataDir, 'logs', 'litellm.log'), options.lines)
}

async function read(context: CliContext): Promise<LiteLlmStatus> {
  if (findRunning(context.dataDir) === undefined) throw notRunning(context)
  const { gateway } = (await askDashboard(context.dataDir, 'status', {})) as { gateway: GatewayStatus }
  if (gateway.litellm === null) throw new CliEnd('degraded', 'The gateway is not connected, or still starting.')
  return gateway.litellm
}

async function order(context: CliContext, name: 'restart' | 'provision'): Promise<LiteLlmStatus> {
  const before = await read(context)
  await askDashboard(context.dataDir, `litellm-${name}`, {})
  return before
}

/** Tells each step on stderr. Ends early when the machine lacks something or the attempt failed. */
async function follow(
  context: CliContext,
  name: keyof typeof LIMIT_MS,
  isDone: (status: LiteLlmStatus) => boolean,
): Promise<number> {
  const end = Date.now() + LIMIT_MS[name]
  let told = ''
  for (;;) {
    await wait(LOOK_MS)
    const status = await read(context)
    if (isDone(status)) {
      context.print(status, describe(status))
      return exitCode('ok')
    }
    const isLost =
      status.state === 'absent' || status.state === 'failed' || (status.state === 'ready' && !status.swapping)
    if (isLost && status.detail !== null) {
      context.print(status, describe(status))
      return exitCode('failed')
    }
    if (Date.now() > end) throw new CliEnd('timeout', `LiteLLM is still ${status.state}.`)
    const text = describe(status).split('\n')[0] ?? ''
    if (text !== told) context.say(text)
    told = text
  }
}

function describe(status: LiteLlmStatus): string {
  const { state, swapping, detail, version, progress, pid, port, addedMs, crashes } = status
  const lines = [
    `LiteLLM ${version ?? ''} ${state}${swapping ? ', a replacement starts' : ''}`.replace('  ', ' '),
    progress && state === 'provisioning'
      ? `  ${progress.packages} of ${progress.total} packages, ${progress.megabytes} MB downloaded`
      : '',
    pid === null ? '' : `  process ${pid} on port ${port}, adds ${addedMs} ms to a call`,
    crashes > 0 ? `  ended by itself ${crashes} times` : '',
    detail === null ? '' : `! ${detail}`,
  ]
  return `${lines.filter(line => line !== '').join('\n')}\n`
}
