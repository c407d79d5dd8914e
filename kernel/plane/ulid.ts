import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** ULIDs that ascend within the process even inside one millisecond and when the clock steps back. */
export function createUlid(now: () => number = Date.now): () => string {
  let lastAt = -1
  let random = 0n
  return () => {
    const at = now()
    if (at > lastAt) {
      lastAt = at
      // The top bit stays free so that counting up inside one millisecond never overflows.
      random = BigInt(`0x${randomBytes(10).toString('hex')}`) >> 1n
    } else {
      random += 1n
    }
    return encode(BigInt(lastAt), 10) + encode(random, 16)
  }
}

function encode(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let at = 0; at < length; at += 1) {
    text = ALPHABET.charAt(Number(rest & 31n)) + text
    rest >>= 5n
  }
  return text
}
