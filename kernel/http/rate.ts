/** Token buckets in memory, one per caller and class. */
import { ApiError } from '../contract/index.ts'

export interface Rate {
  /** Requests that may come at once. */
  readonly burst: number
  /** Requests a second on average. */
  readonly perSecond: number
}

/** `failed` limits wrong credentials and links per address; a valid one always passes, so nobody can be locked out. */
export interface RateTable {
  readonly read: Rate
  readonly write: Rate
  readonly expensive: Rate
  readonly public: Rate
  readonly failed: Rate
}

export const DEFAULT_RATES: RateTable = {
  read: { burst: 400, perSecond: 100 },
  write: { burst: 100, perSecond: 20 },
  expensive: { burst: 20, perSecond: 1 },
  public: { burst: 200, perSecond: 50 },
  failed: { burst: 60, perSecond: 5 },
}

interface Bucket {
  tokens: number
  at: number
}

const MAX_BUCKETS = 10_000

export interface Limiter {
  /** Takes one token or throws API_RATE with the seconds to wait. */
  take(kind: keyof RateTable, who: string): void
}

export function createLimiter(table: RateTable, now: () => number = Date.now): Limiter {
  const buckets = new Map<string, Bucket>()

  function refill(kind: keyof RateTable, who: string): Bucket {
    const { burst, perSecond } = table[kind]
    const key = `${kind} ${who}`
    const bucket = buckets.get(key) ?? { tokens: burst, at: now() }
    const passed = Math.max(0, now() - bucket.at) / 1000
    bucket.tokens = Math.min(burst, bucket.tokens + passed * perSecond)
    bucket.at = now()
    // Moved to the end, so that the first entry is the one unused for longest.
    buckets.delete(key)
    buckets.set(key, bucket)
    if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value as string)
    return bucket
  }

  return {
    take(kind, who) {
      const bucket = refill(kind, who)
      if (bucket.tokens < 1) {
        const retryAfter = Math.max(1, Math.ceil((1 - bucket.tokens) / table[kind].perSecond))
        throw new ApiError('API_RATE', { detail: `The limit of class "${kind}" is reached.`, extra: { retryAfter } })
      }
      bucket.tokens -= 1
    },
  }
}

/** The unit an address is limited by: IPv4 as it is, IPv6 by its /64, which one machine can fill at will. */
export function addressGroup(address: string): string {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  if (!plain.includes(':')) return plain
  const [head = '', tail = ''] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const middle = plain.includes('::') ? Array(Math.max(0, 8 - left.length - right.length)).fill('0') : []
  return [...left, ...middle, ...right].slice(0, 4).join(':')
}
