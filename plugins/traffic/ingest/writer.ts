import type { CallRecord, CallText, Db, Finding, Recorded, Secrets } from 'clawnex/contract'
import type { TrafficItem } from '../contract.ts'
import type { RollupStore } from '../rollup/store.ts'
import type { SettingsStore } from '../settings/store.ts'
import { severityRank } from '../severity.ts'

/** The place a forensic text is sealed to. */
export function textPlace(callId: string, n: number): string {
  return `traffic_text.text:${callId}:${n}`
}

/**
 * Stores calls inside the transaction that marks their records as ingested. The plane delivers each record once; the unique id
 * keeps a call from counting twice even if it did not. Returns the calls that are new.
 */
export function createWriter(parts: { db: Db; secrets: Secrets; rollups: RollupStore; settings: SettingsStore }) {
  const { db, secrets, rollups, settings } = parts
  const insertCall = db.prepare(
    `INSERT INTO traffic_call (at, id, verdict, action, model, provider, route, key_id, key_label, status, stream, dialect, path,
       error, tokens_in, tokens_out, cost_micros, cost_currency, cost_trust, first_byte_ms, latency_ms, scan_ms, score, threshold,
       scanned_bytes, unscanned_bytes, severity)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
  )
  const insertFinding = db.prepare(
    `INSERT INTO traffic_finding (call_id, n, at, stopped, category, rule, severity, confidence, start, "end", unit, view, title)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const insertText = db.prepare(
    `INSERT INTO traffic_text (call_id, n, unit, origin, direction, tool, sealed, text, omitted, removed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )

  function writeCall(call: CallRecord): boolean {
    const { tokens, cost, key } = call
    const worst = call.findings.reduce((rank, finding) => Math.max(rank, severityRank(finding.severity)), 0)
    const { changes } = insertCall.run(
      call.at,
      call.id,
      call.verdict,
      call.action,
      call.model,
      call.provider,
      call.route,
      key?.id ?? null,
      key?.label ?? null,
      call.status,
      call.stream ? 1 : 0,
      call.dialect,
      call.path,
      call.error,
      tokens?.input ?? null,
      tokens?.output ?? null,
      cost?.micros ?? null,
      cost?.currency ?? null,
      cost?.trust ?? null,
      call.firstByteMs,
      call.latencyMs,
      call.scanMs,
      call.score,
      call.threshold,
      call.scannedBytes,
      call.unscannedBytes,
      worst,
    )
    return changes > 0
  }

  function writeFinding(call: CallRecord, finding: Finding, n: number): void {
    const stopped = call.verdict === 'block' || call.verdict === 'redact' ? 1 : 0
    insertFinding.run(
      call.id,
      n,
      call.at,
      stopped,
      finding.category,
      finding.rule,
      severityRank(finding.severity),
      finding.confidence,
      finding.start,
      finding.end,
      finding.unit,
      finding.view,
      finding.title,
    )
  }

  function writeText(call: CallRecord, text: CallText, n: number): void {
    const sealed = settings.textModeFor(call.at) === 'forensic'
    insertText.run(
      call.id,
      n,
      text.unit,
      text.origin,
      text.direction,
      text.tool ?? null,
      sealed ? 1 : 0,
      sealed ? secrets.seal(text.text, textPlace(call.id, n)) : text.text,
      text.omitted,
      JSON.stringify(text.removed),
    )
  }

  return (rows: readonly Recorded<CallRecord>[]): CallRecord[] => {
    const fresh = rows.map(({ row }) => row).filter(writeCall)
    for (const call of fresh) {
      for (const [n, finding] of call.findings.entries()) writeFinding(call, finding, n)
      const texts = settings.textModeFor(call.at) === 'metadata' ? [] : (call.texts ?? [])
      for (const [n, text] of texts.entries()) writeText(call, text, n)
    }
    rollups.add(fresh)
    return fresh
  }
}

/** The list item of a record, field by field: what is not named here never reaches a browser. */
export function toItem(call: CallRecord): TrafficItem {
  return {
    id: call.id,
    at: call.at,
    verdict: call.verdict,
    action: call.action,
    model: call.model,
    provider: call.provider,
    route: call.route,
    key: call.key,
    status: call.status,
    stream: call.stream,
    dialect: call.dialect,
    path: call.path,
    tokens: call.tokens,
    cost: call.cost,
    firstByteMs: call.firstByteMs,
    latencyMs: call.latencyMs,
    scanMs: call.scanMs,
    score: call.score,
    threshold: call.threshold,
    scannedBytes: call.scannedBytes,
    unscannedBytes: call.unscannedBytes,
    error: call.error,
    findings: call.findings.map(({ category, rule, severity, start, end, unit, view, title }) => ({
      category,
      rule,
      severity,
      start,
      end,
      unit,
      view,
      title,
    })),
  }
}
