import type { CallRecord, Db } from 'clawnex/contract'
import type { TrafficItem } from '../contract.ts'
import { toItem } from './writer.ts'

/** Above this many new calls in one turn, open pages hear of the newest only; they refetch the rest. */
const LIMIT = 250

/** Tells of calls after the transaction that stored them: one that was rolled back is never told. */
export function createAnnouncer(db: Db, emit: (item: TrafficItem) => void): (calls: readonly CallRecord[]) => void {
  const stored = db.prepare<[string], unknown>('SELECT 1 FROM traffic_call WHERE id = ?')
  let waiting: CallRecord[] = []

  function flush(): void {
    const calls = waiting.slice(-LIMIT)
    waiting = []
    for (const call of calls) if (stored.get(call.id) !== undefined) emit(toItem(call))
  }

  return calls => {
    if (calls.length === 0) return
    if (waiting.length === 0) setImmediate(flush)
    waiting.push(...calls)
  }
}
