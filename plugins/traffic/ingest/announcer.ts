import type { CallRecord, Db } from 'clawnex/contract'
import type { TrafficItem } from '../contract.ts'
import { toItem } from './writer.ts'

/** Above this many new calls in one turn, open pages hear of the newest only; they refetch the rest. */
const LIMIT = 250

export interface Announcer {
  announce(calls: readonly CallRecord[]): void
  /** Nothing is told after this: the database may be closed by then. */
  stop(): void
}

/** Tells of calls after the transaction that stored them: one that was rolled back is never told. */
export function createAnnouncer(db: Db, emit: (item: TrafficItem) => void): Announcer {
  const stored = db.prepare<[string], unknown>('SELECT 1 FROM traffic_call WHERE id = ?')
  let waiting: CallRecord[] = []
  let planned: NodeJS.Immediate | undefined

  function flush(): void {
    planned = undefined
    const calls = waiting.slice(-LIMIT)
    waiting = []
    for (const call of calls) if (stored.get(call.id) !== undefined) emit(toItem(call))
  }

  return {
    announce(calls) {
      if (calls.length === 0) return
      planned ??= setImmediate(flush)
      waiting.push(...calls)
    },
    stop: () => clearImmediate(planned),
  }
}
