import type { Db } from 'clawnex/contract'
import type { RollupStore } from './rollup/store.ts'
import type { SettingsStore } from './settings/store.ts'

const DAY_MS = 86_400_000
/** Calls removed in one transaction: a few milliseconds, so that reads and ingest go on in between. */
const CHUNK = 500
const ROLLUP_DAYS = 400

/** Removes calls with their findings and texts once they are older than the operator allows. Totals stay much longer. */
export function createRetention(parts: { db: Db; rollups: RollupStore; settings: SettingsStore; now: () => number }) {
  const { db, rollups, settings, now } = parts
  const oldest = db.prepare<[number], { id: string; at: number }>(
    `SELECT id, at FROM traffic_call WHERE at < ? ORDER BY at, id LIMIT ${CHUNK}`,
  )
  const removals = ['traffic_text', 'traffic_finding'].map(table =>
    db.prepare<[string]>(`DELETE FROM ${table} WHERE call_id = ?`),
  )
  const removeCall = db.prepare<[number, string]>('DELETE FROM traffic_call WHERE at = ? AND id = ?')

  const removeChunk = db.transaction((before: number): number => {
    const calls = oldest.all(before)
    for (const { id, at } of calls) {
      for (const removal of removals) removal.run(id)
      removeCall.run(at, id)
    }
    return calls.length
  })

  /** Returns how many calls went. */
  return async (signal: AbortSignal): Promise<number> => {
    const before = now() - settings.get().days * DAY_MS
    let removed = 0
    while (!signal.aborted) {
      const count = removeChunk(before)
      removed += count
      if (count < CHUNK) break
      await new Promise(resolve => setImmediate(resolve))
    }
    rollups.dropBefore(now() - ROLLUP_DAYS * DAY_MS)
    return removed
  }
}
