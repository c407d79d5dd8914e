import { ApiError, type Db, type TextMode } from 'clawnex/contract'

export interface Settings {
  readonly textMode: TextMode
  /** Days that calls and texts are kept. */
  readonly days: number
  readonly version: number
}

interface Row {
  text_mode: TextMode
  days: number
  previous_mode: TextMode
  changed_at: number
  version: number
}

/** How long the gateway may go on with the mode of before, until the new snapshot reached it. */
const SPREAD_MS = 60_000

const STRICTNESS: readonly TextMode[] = ['metadata', 'redacted', 'forensic']

export type SettingsStore = ReturnType<typeof createSettingsStore>

export function createSettingsStore(db: Db, now: () => number) {
  const read = db.prepare<[], Row>('SELECT * FROM traffic_setting WHERE one = 1')
  const write = db.prepare<[TextMode, number, TextMode, number, number]>(
    `UPDATE traffic_setting SET text_mode = ?, days = ?, previous_mode = ?, changed_at = ?, version = version + 1
     WHERE one = 1 AND version = ?`,
  )
  let current = read.get() as Row

  return {
    get: (): Settings => ({ textMode: current.text_mode, days: current.days, version: current.version }),

    /** Throws API_PRECONDITION when `version` is no longer current. */
    set(textMode: TextMode, days: number, version: number): Settings {
      const moved = textMode !== current.text_mode
      const previous = moved ? current.text_mode : current.previous_mode
      const changed = moved ? now() : current.changed_at
      if (write.run(textMode, days, previous, changed, version).changes === 0) {
        throw new ApiError('API_PRECONDITION', { detail: `The settings are at version ${current.version}.` })
      }
      current = read.get() as Row
      return { textMode, days, version: current.version }
    },

    /**
     * How the texts of a call are stored. Around a change the call may have been recorded under either mode: texts are dropped
     * as soon as the operator wants none, and sealed while any of them may be forensic.
     */
    textModeFor(at: number): TextMode {
      if (current.text_mode === 'metadata') return 'metadata'
      if (at >= current.changed_at + SPREAD_MS) return current.text_mode
      const ranks = [current.text_mode, current.previous_mode].map(mode => STRICTNESS.indexOf(mode))
      return STRICTNESS[Math.max(...ranks)] as TextMode
    },
  }
}
