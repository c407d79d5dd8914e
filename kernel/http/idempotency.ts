/** Replays the reply to a POST that is repeated with the same Idempotency-Key. */
import { createHash } from 'node:crypto'
import { ApiError } from '../contract/index.ts'

const KEEP_MS = 600_000
const MAX_ENTRIES = 500

export interface KeptReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

interface Entry {
  readonly digest: string
  readonly reply: Promise<KeptReply>
  readonly until: number
}

export interface Idempotency {
  /**
   * Runs `work` once per key; a repeat waits for, or gets, the first reply. A failure is not kept, so it can be retried.
   * `place` names caller and route. Throws API_BAD_REQUEST for a malformed key, API_CONFLICT when the body differs.
   */
  once(key: string, place: string, body: Uint8Array, work: () => Promise<KeptReply>): Promise<KeptReply>
}

export function createIdempotency(now: () => number = Date.now): Idempotency {
  const entries = new Map<string, Entry>()

  function dropOld(): void {
    for (const [name, entry] of entries) {
      if (entry.until > now() && entries.size < MAX_ENTRIES) return
      entries.delete(name)
    }
  }

  return {
    async once(key, place, body, work) {
      if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
        throw new ApiError('API_BAD_REQUEST', { detail: 'Idempotency-Key takes 1 to 200 visible ASCII characters.' })
      }
      const name = `${place} ${key}`
      const digest = createHash('sha256').update(body).digest('base64')
      dropOld()
      const known = entries.get(name)
      if (known !== undefined && known.until > now()) {
        if (known.digest === digest) return known.reply
        throw new ApiError('API_CONFLICT', { detail: 'This Idempotency-Key was used with another body.' })
      }
      const reply = work()
      entries.set(name, { digest, reply, until: now() + KEEP_MS })
      reply.catch(() => entries.delete(name))
      return reply
    },
  }
}
