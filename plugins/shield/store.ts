import type { Db } from 'clawnex/contract'
import { DEFAULT_POLICY, type Policy } from './engine/policy.ts'

export interface ModeSetting {
  readonly mode: Policy['mode']
  readonly version: number
  /** Milliseconds UTC, null while nobody changed it. */
  readonly changedAt: number | null
  readonly changedBy: string | null
}

interface Row {
  value: string
  version: number
  changed_at: number
  changed_by: string
}

/** The stored mode. New data, and a value nobody understands, mean BLOCK. */
export function createSettings(db: Db, now: () => number) {
  const read = db.prepare<[], Row>(
    "SELECT value, version, changed_at, changed_by FROM shield_setting WHERE name = 'mode'",
  )
  const write = db.prepare(`
    INSERT INTO shield_setting (name, value, changed_at, changed_by) VALUES ('mode', ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
      changed_by = excluded.changed_by, version = version + 1
  `)
  const mode = (): ModeSetting => {
    const row = read.get()
    if (row === undefined) return { mode: DEFAULT_POLICY.mode, version: 0, changedAt: null, changedBy: null }
    const value = row.value === 'OBSERVE' ? 'OBSERVE' : 'BLOCK'
    return { mode: value, version: row.version, changedAt: row.changed_at, changedBy: row.changed_by }
  }
  return {
    mode,
    setMode(value: Policy['mode'], by: string): ModeSetting {
      write.run(value, now(), by)
      return mode()
    },
    policy: (): Policy => ({ ...DEFAULT_POLICY, mode: mode().mode }),
  }
}

export type Settings = ReturnType<typeof createSettings>
