/** Builds the record of a call from what is known of it when it ends. */
import type {
  Action,
  CallRecord,
  Dialect,
  Judgement,
  KeyOwner,
  Redaction,
  Target,
  TextMode,
  Unit,
  Verdict,
} from '../../contract/index.ts'
import type { AnswerSession } from '../answer/session.ts'
import type { Usage } from '../dialect.ts'
import { recordTexts } from './texts.ts'

/** What is learnt of a call while it runs. */
export interface Facts {
  readonly id: string
  readonly at: number
  readonly dialect: Dialect
  readonly path: string
  readonly owner: KeyOwner
  readonly textMode: TextMode
  model: string
  stream: boolean
  target: Target | null
  units: readonly Unit[]
  unscannedBytes: number
  request: Judgement | null
  /** Redactions that were applied to the request. */
  redactions: readonly Redaction[]
  session: AnswerSession | null
  usage: Usage | null
  firstByteMs: number | null
  /** Set when the path itself, not the judge, decided what the verdict is. */
  verdict: Verdict | null
  action: Action | null
  error: string | null
}

/** The facts of a call of which nothing but its origin is known. */
export function newFacts(known: Pick<Facts, 'id' | 'at' | 'dialect' | 'path' | 'owner' | 'textMode'>): Facts {
  return {
    ...known,
    model: '',
    stream: false,
    target: null,
    units: [],
    unscannedBytes: 0,
    request: null,
    redactions: [],
    session: null,
    usage: null,
    firstByteMs: null,
    verdict: null,
    action: null,
    error: null,
  }
}

const ORDER: readonly Verdict[] = ['allow', 'review', 'redact', 'block', 'error']

function worst(verdicts: readonly (Verdict | null | undefined)[]): Verdict {
  return ORDER[Math.max(0, ...verdicts.map(verdict => (verdict ? ORDER.indexOf(verdict) : 0)))] ?? 'error'
}

export function buildRecord(facts: Facts, status: number, latencyMs: number): CallRecord {
  const { request, session, target, owner, usage } = facts
  const answer = session?.result() ?? null
  const judgeFailed = session !== null && answer === null
  const findings = [...(request?.findings ?? []), ...(answer?.findings ?? [])]
  const texts = recordTexts(facts.textMode, {
    units: facts.units,
    channels: session?.channels ?? [],
    findings,
    redactions: request?.redactions ?? [],
  })
  return {
    id: facts.id,
    at: facts.at,
    verdict: worst([request?.verdict, answer?.verdict, facts.verdict, judgeFailed ? 'error' : null]),
    action: facts.action ?? (facts.redactions.length > 0 || session?.redacted ? 'redacted' : 'forwarded'),
    model: facts.model,
    provider: target?.provider ?? null,
    route: target?.route ?? null,
    key: { id: owner.id, label: owner.label },
    status,
    stream: facts.stream,
    dialect: facts.dialect,
    path: facts.path,
    error: facts.error,
    tokens: usage,
    cost: costOf(usage, target),
    firstByteMs: facts.firstByteMs,
    latencyMs,
    scanMs: round((request?.ms ?? 0) + (session?.scanMs ?? 0)),
    score: Math.max(request?.score ?? 0, answer?.score ?? 0),
    threshold: answer?.threshold ?? request?.threshold ?? 0,
    scannedBytes: (request?.scannedBytes ?? 0) + (answer?.scannedBytes ?? 0),
    unscannedBytes: facts.unscannedBytes,
    findings,
    texts,
  }
}

function costOf(usage: Usage | null, target: Target | null): CallRecord['cost'] {
  if (!usage || !target?.price) return null
  const { input, output, currency, trust } = target.price
  return { micros: Math.round((usage.input * input + usage.output * output) / 1e6), currency, trust }
}

/** Microsecond resolution is what the clock gives. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
