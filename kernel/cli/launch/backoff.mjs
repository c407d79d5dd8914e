// @ts-check
/** When a process that ended comes back. */

const WINDOW_MS = 10_000
const FREE_EXITS = 5
const QUICK_MS = 100
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000

/**
 * The first exits within ten seconds are answered at once; from the fifth on the waits double, up to half a minute. A process
 * that then lives through a whole window starts over with a clean slate.
 */
export function createBackoff() {
  /** @type {number[]} */
  let exits = []
  let waits = 0
  return {
    /**
     * @param {number} now milliseconds
     * @returns {{ delayMs: number, exits: number }} how long to wait, and the exits within the window, this one included
     */
    next(now) {
      const last = exits.at(-1)
      if (last !== undefined && now - last > WINDOW_MS + waitOf(waits)) waits = 0
      exits = [...exits.filter(at => now - at < WINDOW_MS), now]
      if (exits.length < FREE_EXITS && waits === 0) return { delayMs: QUICK_MS, exits: exits.length }
      waits += 1
      return { delayMs: waitOf(waits), exits: exits.length }
    },
  }
}

/** @param {number} waits */
function waitOf(waits) {
  return waits === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (waits - 1), LONGEST_WAIT_MS)
}
