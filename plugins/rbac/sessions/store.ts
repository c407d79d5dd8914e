import { randomBytes } from 'node:crypto'
import type { Db } from 'clawnex/contract'
import { hashSecret } from '../keys/format.ts'

export const LINK_MS = 15 * 60_000
export const IDLE_MS = 12 * 3_600_000
export const ABSOLUTE_MS = 7 * 86_400_000
export const MAX_SESSIONS = 20
const SEEN_STEP_MS = 60_000
const MAX_LINKS = 100

export interface Session {
  /** Safe to show and log; it is not the cookie. */
  readonly id: string
  readonly createdAt: number
  readonly seenAt: number
}

interface Row {
  id: string
  created_at: number
  seen_at: number
}

export type SessionStore = ReturnType<typeof createSessionStore>

/** One-time links and the sessions they become. Only hashes are kept, so a copy of the database lets nobody in. */
export function createSessionStore(db: Db, now: () => number) {
  const addLink = db.prepare<[string, number]>('INSERT INTO rbac_link (hash, expires_at) VALUES (?, ?)')
  const takeLink = db.prepare<[string, number]>('DELETE FROM rbac_link WHERE hash = ? AND expires_at > ?')
  const dropLinks = db.prepare<[number]>('DELETE FROM rbac_link WHERE expires_at <= ?')
  const trimLinks = db.prepare<[number]>(
    'DELETE FROM rbac_link WHERE hash NOT IN (SELECT hash FROM rbac_link ORDER BY expires_at DESC LIMIT ?)',
  )
  const insert = db.prepare<[string, string, number, number]>(
    'INSERT INTO rbac_session (id, hash, created_at, seen_at) VALUES (?, ?, ?, ?)',
  )
  const live = 'seen_at > ? AND created_at > ?'
  const byHash = db.prepare<[string, number, number], Row>(
    `SELECT id, created_at, seen_at FROM rbac_session WHERE hash = ? AND ${live}`,
  )
  const byId = db.prepare<[string, number, number], Row>(
    `SELECT id, created_at, seen_at FROM rbac_session WHERE id = ? AND ${live}`,
  )
  const all = db.prepare<[number, number], Row>(
    `SELECT id, created_at, seen_at FROM rbac_session WHERE ${live} ORDER BY seen_at DESC, created_at DESC, id`,
  )
  const over = db.prepare<[number, number], { id: string }>(`DELETE FROM rbac_session WHERE NOT (${live}) RETURNING id`)
  const surplus = db.prepare<[number], { id: string }>(
    `DELETE FROM rbac_session WHERE id NOT IN
       (SELECT id FROM rbac_session ORDER BY seen_at DESC, created_at DESC, id LIMIT ?) RETURNING id`,
  )
  const remove = db.prepare<[string]>('DELETE FROM rbac_session WHERE id = ?')
  const see = db.prepare<[number, string]>('UPDATE rbac_session SET seen_at = ? WHERE id = ?')
  const since = (): [number, number] => [now() - IDLE_MS, now() - ABSOLUTE_MS]

  return {
    openLink(): { token: string; expiresAt: number } {
      const token = randomBytes(32).toString('base64url')
      const expiresAt = now() + LINK_MS
      dropLinks.run(now())
      addLink.run(hashSecret(token), expiresAt)
      trimLinks.run(MAX_LINKS)
      return { token, expiresAt }
    },

    /**
     * Takes a link and opens a session in one transaction: of any number of attempts exactly one deletes the row.
     * `ended` are the sessions that made room.
     */
    redeem: db.transaction((token: string): { secret: string; ended: string[] } | null => {
      if (takeLink.run(hashSecret(token), now()).changes === 0) return null
      const ended = surplus.all(MAX_SESSIONS - 1).map(row => row.id)
      const secret = randomBytes(32).toString('base64url')
      insert.run(`ses_${randomBytes(8).toString('hex')}`, hashSecret(secret), now(), now())
      return { secret, ended }
    }),

    find(secret: string): Session | undefined {
      const row = byHash.get(hashSecret(secret), ...since())
      return row === undefined ? undefined : toSession(row)
    },
    /** Counts the idle time from now on, at most one write a minute. */
    touch(session: Session): void {
      if (now() - session.seenAt >= SEEN_STEP_MS) see.run(now(), session.id)
    },
    isLive: (id: string): boolean => byId.get(id, ...since()) !== undefined,
    list: (): Session[] => all.all(...since()).map(toSession),
    end: (id: string): boolean => remove.run(id).changes > 0,
    /** Removes sessions whose time is over and says which. */
    sweep: (): string[] => over.all(...since()).map(row => row.id),
  }
}

function toSession(row: Row): Session {
  return { id: row.id, createdAt: row.created_at, seenAt: row.seen_at }
}
