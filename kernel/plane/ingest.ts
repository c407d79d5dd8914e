import type { Logger, Recorded } from '../contract/index.ts'
import type { RecordHandler, Store } from '../ports.ts'

/** Records that no plugin takes are kept for one that comes later, this many. */
const WAITING_LIMIT = 10_000
const WAITING_BATCH = 256
/** Cursors outlive their segments, so that a spool folder put back from a backup is not taken twice. Names ascend with time. */
const CURSORS_KEPT = 10_000

export interface IncomingBatch {
  readonly segment: string
  readonly to: number
  readonly rows: readonly IncomingRecord[]
  readonly ends: readonly number[]
}

export interface IncomingRecord extends Recorded<unknown> {
  readonly key: string
}

/** The batch of a message, or undefined when it has not the shape of one. */
export function readBatch(message: Readonly<Record<string, unknown>>): IncomingBatch | undefined {
  const { segment, to, rows, ends } = message
  const shaped = typeof segment === 'string' && Number.isSafeInteger(to) && Array.isArray(rows) && Array.isArray(ends)
  if (!shaped || rows.length !== ends.length || !ends.every(Number.isSafeInteger) || !rows.every(isRecord))
    return undefined
  return { segment, to: to as number, rows, ends }
}

function isRecord(value: unknown): value is IncomingRecord {
  if (typeof value !== 'object' || value === null) return false
  const { id, at, key } = value as Record<string, unknown>
  return typeof id === 'string' && typeof at === 'number' && typeof key === 'string'
}

type FindHandlers = (key: string) => readonly RecordHandler[]

/**
 * Takes batches of the gateway's spool. Cursor and rows commit together, and the cursor says per segment how far it came: a
 * batch that comes again, whole or in part, is recognised by its positions.
 */
export class Ingest {
  readonly #store: Store
  readonly #log: Logger
  #find: FindHandlers = () => []
  #waiting: number
  #failed = 0

  constructor(store: Store, log: Logger) {
    this.#store = store
    this.#log = log
    store.db
      .prepare(`
        DELETE FROM kernel_spool_cursor WHERE segment NOT IN
          (SELECT segment FROM kernel_spool_cursor ORDER BY segment DESC LIMIT ?)`)
      .run(CURSORS_KEPT)
    this.#waiting = store.db.prepare('SELECT count(*) FROM kernel_record_waiting').pluck().get() as number
  }

  setHandlers(find: FindHandlers): void {
    this.#find = find
  }

  counts(): { waiting: number; failed: number } {
    return { waiting: this.#waiting, failed: this.#failed }
  }

  /** Commits what is new in the batch. Throws when the database cannot be written; then nothing of it is in. */
  take(batch: IncomingBatch): void {
    const { db } = this.#store
    const before = { waiting: this.#waiting, failed: this.#failed }
    try {
      db.transaction(() => {
        const position = this.#position(batch.segment)
        if (batch.to <= position) return
        const fresh = batch.rows.filter((_, index) => (batch.ends[index] ?? 0) > position)
        this.#hand(fresh)
        this.#advance(batch.segment, batch.to, fresh.length)
      }).immediate()
    } catch (error) {
      this.#waiting = before.waiting
      this.#failed = before.failed
      throw error
    }
  }

  /** Hands waiting records to plugins that take them by now. Returns how many went. */
  takeWaiting(): number {
    if (this.#waiting === 0) return 0
    const { db } = this.#store
    const keys = db.prepare('SELECT DISTINCT key FROM kernel_record_waiting').pluck().all() as string[]
    return keys.filter(key => this.#find(key).length > 0).reduce((sum, key) => sum + this.#takeKey(key), 0)
  }

  #takeKey(key: string): number {
    const { db } = this.#store
    const select = db.prepare<[string, number], { seq: number; id: string; at: number; row: string }>(
      'SELECT seq, id, at, row FROM kernel_record_waiting WHERE key = ? ORDER BY seq LIMIT ?',
    )
    const remove = db.prepare('DELETE FROM kernel_record_waiting WHERE key = ? AND seq <= ?')
    let taken = 0
    for (;;) {
      const rows = select.all(key, WAITING_BATCH)
      const last = rows.at(-1)
      if (last === undefined) return taken
      db.transaction(() => {
        this.#hand(rows.map(({ id, at, row }) => ({ id, at, key, row: JSON.parse(row) as unknown })))
        remove.run(key, last.seq)
      }).immediate()
      taken += rows.length
      this.#waiting -= rows.length
    }
  }

  #position(segment: string): number {
    const found = this.#store.db
      .prepare('SELECT position FROM kernel_spool_cursor WHERE segment = ?')
      .pluck()
      .get(segment)
    return typeof found === 'number' ? found : 0
  }

  #advance(segment: string, to: number, records: number): void {
    this.#store.db
      .prepare(`
        INSERT INTO kernel_spool_cursor (segment, position, records, changed_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (segment) DO UPDATE SET position = excluded.position, records = records + excluded.records,
          changed_at = excluded.changed_at`)
      .run(segment, to, records, Date.now())
  }

  #hand(records: readonly IncomingRecord[]): void {
    for (const [key, rows] of Map.groupBy(records, record => record.key)) {
      const handlers = this.#find(key)
      if (handlers.length === 0) this.#keepWaiting(key, rows)
      for (const handler of handlers) this.#handTo(handler, key, rows)
    }
  }

  /** All rows at once; when that throws, one by one, so that a bad row keeps none of the others out. */
  #handTo(handler: RecordHandler, key: string, rows: readonly IncomingRecord[]): void {
    const take = this.#store.db.transaction((some: readonly IncomingRecord[]) =>
      handler.take(some.map(({ id, at, row }) => ({ id, at, row }))),
    )
    try {
      take(rows)
      return
    } catch (error) {
      this.#rethrowFault(error)
      if (rows.length === 1) {
        this.#setAside(handler.plugin, key, rows[0] as IncomingRecord, error)
        return
      }
    }
    for (const row of rows) {
      try {
        take([row])
      } catch (error) {
        this.#rethrowFault(error)
        this.#setAside(handler.plugin, key, row, error)
      }
    }
  }

  /** A full or broken disk is not the row's fault: the whole batch must come again. */
  #rethrowFault(error: unknown): void {
    const code = (error as { code?: unknown } | null)?.code
    const fault =
      typeof code === 'string' && /^SQLITE_(FULL|IOERR|READONLY|BUSY|LOCKED|CORRUPT|CANTOPEN|NOMEM)/.test(code)
    if (fault || !this.#store.db.inTransaction) throw error
  }

  #setAside(plugin: string, key: string, record: IncomingRecord, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    this.#failed += 1
    this.#log.error({ plugin, record: record.id, error }, 'a record could not be taken and was set aside')
    this.#store.db
      .prepare(
        'INSERT INTO kernel_record_failed (id, key, plugin, at, row, error, failed_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(record.id, key, plugin, record.at, JSON.stringify(record.row ?? null), text, Date.now())
  }

  #keepWaiting(key: string, rows: readonly IncomingRecord[]): void {
    const { db } = this.#store
    const insert = db.prepare('INSERT INTO kernel_record_waiting (id, key, at, row) VALUES (?, ?, ?, ?)')
    for (const { id, at, row } of rows) insert.run(id, key, at, JSON.stringify(row ?? null))
    this.#waiting += rows.length
    const over = this.#waiting - WAITING_LIMIT
    if (over <= 0) return
    db.prepare(
      'DELETE FROM kernel_record_waiting WHERE seq IN (SELECT seq FROM kernel_record_waiting ORDER BY seq LIMIT ?)',
    ).run(over)
    this.#waiting -= over
    this.#log.warn({ dropped: over, key }, 'records that no plugin takes were dropped')
  }
}
