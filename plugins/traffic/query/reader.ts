import type { CallText, Db, Secrets } from 'clawnex/contract'
import type { TrafficFinding, TrafficItem } from '../contract.ts'
import { textPlace } from '../ingest/writer.ts'
import { severityName } from '../severity.ts'
import type { Condition } from './compile.ts'
import type { Cursor } from './cursor.ts'

export interface Page {
  readonly items: TrafficItem[]
  /** Where to go on; null at the end. A page may be short and still have one: the scan stops when its time is up. */
  readonly next: Cursor | null
}

interface CallRow {
  at: number
  id: string
  verdict: TrafficItem['verdict']
  action: TrafficItem['action']
  model: string
  provider: string | null
  route: TrafficItem['route']
  key_id: string | null
  key_label: string | null
  status: number
  stream: number
  dialect: TrafficItem['dialect']
  path: string
  error: string | null
  tokens_in: number | null
  tokens_out: number | null
  cost_micros: number | null
  cost_currency: string | null
  cost_trust: NonNullable<TrafficItem['cost']>['trust'] | null
  first_byte_ms: number | null
  latency_ms: number
  scan_ms: number
  score: number
  threshold: number
  scanned_bytes: number
  unscanned_bytes: number
}

interface FindingRow extends Omit<TrafficFinding, 'severity'> {
  severity: number
}

interface TextRow {
  n: number
  unit: number
  origin: CallText['origin']
  direction: CallText['direction']
  tool: string | null
  sealed: number
  text: string
  omitted: number
  removed: string
}

/** Rows looked at between two turns of the event loop, and how long one page may take in all. */
const WINDOW = 2000
const TIME_MS = 1500
const STATEMENTS = 50

export interface StoredText extends Omit<CallText, 'tool'> {
  readonly tool: string | null
}

export type Reader = ReturnType<typeof createReader>

/** Reads calls back. Filtered pages are scanned window by window, so that a rare match never holds up the process. */
export function createReader(db: Db, secrets: Secrets) {
  const byId = db.prepare<[string], CallRow>('SELECT * FROM traffic_call WHERE id = ?')
  const findingsOf = db.prepare<[string], FindingRow>(
    `SELECT category, rule, severity, start, "end", unit, view, title FROM traffic_finding WHERE call_id = ? ORDER BY n`,
  )
  const textsOf = db.prepare<[string], TextRow>('SELECT * FROM traffic_text WHERE call_id = ? ORDER BY n')
  const edgeBelow = db.prepare<[number, string, number], Cursor>(
    `SELECT at, id FROM traffic_call WHERE (at, id) < (?, ?) AND at >= ? ORDER BY at DESC, id DESC LIMIT 1 OFFSET ${WINDOW - 1}`,
  )
  const statements = new Map<string, ReturnType<typeof prepareScan>>()

  function prepareScan(where: string) {
    return db.prepare<(string | number)[], CallRow>(
      `SELECT c.* FROM traffic_call c WHERE (c.at, c.id) < (?, ?) AND (c.at, c.id) >= (?, ?) AND ${where}
       ORDER BY c.at DESC, c.id DESC LIMIT ?`,
    )
  }

  function scanFor(where: string) {
    const known = statements.get(where)
    if (known !== undefined) return known
    if (statements.size >= STATEMENTS) statements.delete(statements.keys().next().value as string)
    const made = prepareScan(where)
    statements.set(where, made)
    return made
  }

  async function page(condition: Condition, after: Cursor | null, limit: number, signal: AbortSignal): Promise<Page> {
    const scan = scanFor(condition.where)
    const floor = condition.since ?? 0
    const deadline = performance.now() + TIME_MS
    const items: TrafficItem[] = []
    let from = startOf(condition, after)
    for (;;) {
      // Without a condition every row matches, so the limit alone bounds the scan.
      const edge = condition.where === '1' ? undefined : edgeBelow.get(from.at, from.id, floor)
      const to = edge ?? { at: floor, id: '' }
      const rows = scan.all(from.at, from.id, to.at, to.id, ...condition.params, limit - items.length + 1)
      for (const row of rows.slice(0, limit - items.length)) items.push(toItem(row))
      if (rows.length > 0 && items.length === limit) {
        const last = items[limit - 1] as TrafficItem
        const more = rows.at(-1)?.id !== last.id || edge !== undefined
        return { items, next: more ? last : null }
      }
      if (edge === undefined) return { items, next: null }
      from = edge
      if (performance.now() > deadline || signal.aborted) return { items, next: edge }
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  function toItem(row: CallRow): TrafficItem {
    return {
      id: row.id,
      at: row.at,
      verdict: row.verdict,
      action: row.action,
      model: row.model,
      provider: row.provider,
      route: row.route,
      key: row.key_id === null ? null : { id: row.key_id, label: row.key_label ?? '' },
      status: row.status,
      stream: row.stream === 1,
      dialect: row.dialect,
      path: row.path,
      tokens:
        row.tokens_in === null || row.tokens_out === null ? null : { input: row.tokens_in, output: row.tokens_out },
      cost: readCost(row),
      firstByteMs: row.first_byte_ms,
      latencyMs: row.latency_ms,
      scanMs: row.scan_ms,
      score: row.score,
      threshold: row.threshold,
      scannedBytes: row.scanned_bytes,
      unscannedBytes: row.unscanned_bytes,
      error: row.error,
      findings: findingsOf.all(row.id).map(found => ({ ...found, severity: severityName(found.severity) })),
    }
  }

  return {
    page,

    get(id: string): TrafficItem | undefined {
      const row = byId.get(id)
      return row === undefined ? undefined : toItem(row)
    },

    /** Stored texts of a call, sealed ones opened. Throws RUN_SECRET_UNREADABLE. */
    texts: (id: string): StoredText[] =>
      textsOf.all(id).map(row => ({
        unit: row.unit,
        origin: row.origin,
        direction: row.direction,
        tool: row.tool,
        text: row.sealed === 1 ? secrets.open(row.text, textPlace(id, row.n)) : row.text,
        omitted: row.omitted,
        removed: JSON.parse(row.removed) as CallText['removed'],
      })),
  }
}

/** Just above the first row to look at. `until` and `after` both bound from above; the lower one counts. */
function startOf(condition: Condition, after: Cursor | null): Cursor {
  const top = { at: condition.until ?? Number.MAX_SAFE_INTEGER, id: '' }
  return after !== null && after.at < top.at ? after : top
}

function readCost(row: CallRow): TrafficItem['cost'] {
  const { cost_micros: micros, cost_currency: currency, cost_trust: trust } = row
  return micros === null || currency === null || trust === null ? null : { micros, currency, trust }
}
