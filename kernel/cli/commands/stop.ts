import { setTimeout as wait } from 'node:timers/promises'
import { type CliContext, CliEnd, notRunning } from '../context.ts'
import { findRunning } from '../dashboard.ts'
import { exitCode } from '../exit-codes.ts'

/** Drain (10 s), release and a little more. */
const STOP_MS = 20_000
const RESTART_MS = 60_000
const LOOK_MS = 50

/** Ends the running product and waits until it is gone. */
export async function stop(context: CliContext): Promise<number> {
  const running = findRunning(context.dataDir)
  if (running === undefined) throw notRunning(context)
  process.kill(running.pid, 'SIGTERM')
  await until(STOP_MS, () => findRunning(context.dataDir)?.pid !== running.pid, `Process ${running.pid} still runs.`)
  context.print({ stopped: running.pid }, 'stopped\n')
  return exitCode('ok')
}

/** Replaces both processes with the current sources, one after the other, and waits until they answer. */
export async function restart(context: CliContext): Promise<number> {
  const running = findRunning(context.dataDir)
  if (running === undefined) throw notRunning(context)
  process.kill(running.pid, 'SIGHUP')
  await until(
    RESTART_MS,
    () => {
      const now = findRunning(context.dataDir)
      if (now === undefined) throw new CliEnd('failed', 'ClawNex ended while it restarted.')
      return now.restarted > running.restarted
    },
    'It did not come back in time. See "clawnex logs".',
  )
  context.print({ restarted: running.pid }, 'restarted\n')
  return exitCode('ok')
}

async function until(limitMs: number, done: () => boolean, otherwise: string): Promise<void> {
  const end = Date.now() + limitMs
  while (!done()) {
    if (Date.now() > end) throw new CliEnd('timeout', otherwise)
    await wait(LOOK_MS)
  }
}
