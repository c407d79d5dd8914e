import { signal } from '@preact/signals'

/** Milliseconds UTC, moved on every ten seconds: read it to keep relative times true. */
export const now = signal(Date.now())

const STEP_MS = 10_000

/** The shell starts it once. */
export function startClock(): void {
  setInterval(() => {
    now.value = Date.now()
  }, STEP_MS)
}
