import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The garbage collector as a function, in a process that was not started with it. */
export function exposeGc(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

export interface Resources {
  readonly timers: number
  readonly listeners: number
}

export function countResources(): Resources {
  const timers = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return { timers, listeners }
}

export function compareResources(before: Resources, after: Resources): void {
  if (after.timers > before.timers) throw new Error(`${after.timers - before.timers} timers are left over`)
  if (after.listeners > before.listeners) {
    throw new Error(`${after.listeners - before.listeners} listeners on process are left over`)
  }
}
