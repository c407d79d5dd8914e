import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_CHARS = 10
const RANDOM_CHARS = 16
/** Random bytes are fetched for this many ids at once. */
const POOL_IDS = 64

/** ULIDs that ascend within the process even inside one millisecond and when the clock steps back. */
export function createUlid(now: () => number = Date.now): () => string {
  const pool = new Uint8Array(POOL_IDS * RANDOM_CHARS)
  const digits = new Uint8Array(RANDOM_CHARS)
  let used = pool.length
  let lastAt = -1
  let time = ''
  return () => {
    const at = now()
    if (at > lastAt) {
      lastAt = at
      time = encodeTime(at)
      if (used === pool.length) {
        randomFillSync(pool)
        used = 0
      }
      for (let place = 0; place < RANDOM_CHARS; place += 1) digits[place] = (pool[used + place] ?? 0) & 31
      // The top bit stays free so that counting up inside one millisecond never overflows.
      digits[0] = (digits[0] ?? 0) & 15
      used += RANDOM_CHARS
    } else {
      countUp(digits)
    }
    let text = time
    for (const digit of digits) text += ALPHABET.charAt(digit)
    return text
  }
}

function countUp(digits: Uint8Array): void {
  for (let place = digits.length - 1; place >= 0; place -= 1) {
    const next = (digits[place] ?? 0) + 1
    digits[place] = next & 31
    if (next < 32) return
  }
}

function encodeTime(at: number): string {
  let rest = at
  let text = ''
  for (let place = 0; place < TIME_CHARS; place += 1) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}
