import {
  type PointToken,
  pointToken,
  type RecordToken,
  recordToken,
  type ServiceToken,
  serviceToken,
} from './tokens.ts'

/** Dialects of the model path. */
export type Dialect = 'openai' | 'anthropic'

/** Where a text came from; decides which rules are armed and how much they weigh. */
export type Origin =
  | 'system'
  | 'developer'
  | 'user'
  | 'assistant'
  | 'tool_call'
  | 'tool_result'
  | 'web'
  | 'file'
  | 'model'

/** One text of a call, the unit of judging. */
export interface Unit {
  /** Index in the list of units of this call; findings refer to it. */
  readonly id: number
  readonly origin: Origin
  /** `inbound` goes to the model, `outbound` comes from it. */
  readonly direction: 'inbound' | 'outbound'
  /** JSON pointer of the string in the body, or the channel of an answer (`content:0`, `tool:0:1`). */
  readonly path: string
  readonly text: string
  /** Name of the tool for tool_call and tool_result. */
  readonly tool?: string
}

/** How bad a finding is, in rising order. */
export type Severity = 'low' | 'medium' | 'high' | 'critical'
/** The judgement of the shield. */
export type Verdict = 'allow' | 'review' | 'redact' | 'block' | 'error'
/** What was done about it. */
export type Action = 'forwarded' | 'redacted' | 'held' | 'refused' | 'cut'

/** Something a rule found in one unit. */
export interface Finding {
  /** injection, jailbreak, secret, pii, command, path, exfiltration, hidden, … */
  readonly category: string
  /** Stable rule id, for example `secret.github-pat`. */
  readonly rule: string
  readonly severity: Severity
  /** 0 to 1. */
  readonly confidence: number
  /** Offsets in JavaScript string units of the unit's original text, end exclusive. */
  readonly start: number
  readonly end: number
  /**
   * `Unit.id`. In an answer: the number of the request's units plus the position of the channel, counted in the order in which
   * the judge first met each channel in `push` or `toolCall`.
   */
  readonly unit: number
  /** In which view it matched: raw, base64, hex, percent, zero-width, tags, … */
  readonly view: string
  /** What people read: "Tells the model to drop its instructions". */
  readonly title: string
}

/** A span that must not be forwarded, with what stands in its place. Ordered by start, never overlapping within a unit. */
export interface Redaction {
  readonly unit: number
  readonly start: number
  readonly end: number
  readonly placeholder: string
}

/** What the judge says about the units of a request, or about an answer so far. */
export interface Judgement {
  readonly verdict: Verdict
  /** 0 to 100; blocks at `threshold`. */
  readonly score: number
  readonly threshold: number
  readonly findings: readonly Finding[]
  readonly redactions: readonly Redaction[]
  /** UTF-8 bytes that were scanned. */
  readonly scannedBytes: number
  /** Time spent judging, milliseconds. */
  readonly ms: number
}

/** What the judge may know of the call. */
export interface CallInfo {
  readonly id: string
  readonly model: string
  readonly provider: string
  readonly keyId: string
  readonly stream: boolean
  readonly dialect: Dialect
  /** The request's units, so that an answer judge can notice what must not come back. */
  readonly units: readonly Unit[]
}

/**
 * Judges one answer while it streams. Offsets are absolute in the concatenated text of a channel.
 * Guarantee asked of every implementation: the findings do not depend on how the text was cut into pieces, and nothing that
 * ends up in a redaction or a block was below `releasable` before it was found.
 */
export interface AnswerJudge {
  /** Adds text to a channel (`content:0`, `reasoning:0`, `refusal:0`). */
  push(channel: string, text: string): AnswerStep
  /** A complete tool call, held back until now. Redactions of the result are offsets in `argumentsText`. */
  toolCall(channel: string, name: string, argumentsText: string): Judgement
  /** Ends a channel: everything pending is decided. */
  end(channel: string): AnswerStep
  /** The judgement of the whole answer so far. */
  result(): Judgement
}

/** What may be done with a channel of an answer after one step. */
export interface AnswerStep {
  /** Text of this channel below this offset may be shown, after applying `redactions`. Never decreases. */
  readonly releasable: number
  /** Redactions in this channel that end at or below `releasable`, all so far, ordered. */
  readonly redactions: readonly Omit<Redaction, 'unit'>[]
  /** Set once the answer must stop here. */
  readonly cut?: Judgement
}

/** The judging stage of the model path, contributed by `shield`. Exactly one is expected. Throwing counts as `error`. */
export interface Judge {
  request(units: readonly Unit[], call: CallInfo): Judgement
  answer(call: CallInfo): AnswerJudge
}

/** Without a contributed judge the model path refuses every call (GW_SCANNER). */
export const JUDGE: PointToken<Judge> = pointToken<Judge>('gateway.judge')

/** The owner of a key on the model path. */
export interface KeyOwner {
  readonly id: string
  /** Name and last four characters: "first model key …7Hq2". */
  readonly label: string
  /** Allowed models as `provider/model` or `provider/*`; null allows all. */
  readonly models: readonly string[] | null
}

/** Offered by `rbac` on the gateway plane. */
export interface ModelKeys {
  /** The owner of a key, or null when it is unknown, expired, revoked or not meant for the model path. */
  verify(key: string): KeyOwner | null
}

/** Verifies keys on the gateway; offered by `rbac`. Without it every call is refused. */
export const MODEL_KEYS: ServiceToken<ModelKeys> = serviceToken<ModelKeys>('rbac.model-keys')

/** A raw HTTP-like answer of a model that lives inside the process. */
export interface LocalAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
}

/** Where a call goes. */
export interface Target {
  readonly provider: string
  /** The model name as the provider knows it. */
  readonly model: string
  /** The name that is written into the call where it differs from `model`. */
  readonly sentAs?: string
  readonly route: 'direct' | 'litellm' | 'demo'
  readonly dialect: Dialect
  /** Base address without trailing slash; the dialect's path is appended, such as `/chat/completions`. */
  readonly baseUrl: string
  /** Headers to add, provider key included. */
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds until the first byte, and between bytes. */
  readonly timeouts: { readonly firstByte: number; readonly idle: number }
  /** Micro-units per million tokens, or null when unknown. */
  readonly price: {
    readonly input: number
    readonly output: number
    readonly currency: string
    readonly trust: CostTrust
  } | null
  /**
   * Set for models inside the process; `baseUrl` is unused then. `body` is the parsed call, `path` the address it was sent to on
   * the model path, such as `/v1/messages`: it tells the shape of call and answer.
   */
  readonly local?: (body: Readonly<Record<string, unknown>>, signal: AbortSignal, path: string) => LocalAnswer
}

/** A model as `GET /v1/models` lists it. */
export interface ModelEntry {
  /** `provider/model`. */
  readonly id: string
  readonly provider: string
  readonly demo: boolean
  /** Dialects in which the model can be called; absent means all. */
  readonly dialects?: readonly Dialect[]
}

/** Contributed by `providers` on the gateway plane. */
export interface Router {
  /**
   * The target of a model name, or null when this router does not serve it. `dialect` is the one of the call: among several
   * targets one that speaks it comes first. A target of another dialect is refused by the model path, with that reason.
   */
  resolve(model: string, dialect?: Dialect): Target | null
  models(): readonly ModelEntry[]
}

/** Where routers are contributed; the first that knows a model takes the call. */
export const ROUTER: PointToken<Router> = pointToken<Router>('gateway.router')

/** How far an amount can be relied on. */
export type CostTrust = 'actual' | 'estimated' | 'included' | 'unknown'

/** How much text of a call goes on record. Secrets never do. */
export type TextMode = 'metadata' | 'redacted' | 'forensic'

/** The record of one call, written by the kernel's gateway for every call that carried a valid key or was refused. */
export interface CallRecord {
  /** Same as the record id and the `x-clawnex-call` header. */
  readonly id: string
  readonly at: number
  readonly verdict: Verdict
  readonly action: Action
  /** As the caller wrote it; empty when unreadable. */
  readonly model: string
  readonly provider: string | null
  readonly route: 'direct' | 'litellm' | 'demo' | null
  readonly key: { readonly id: string; readonly label: string } | null
  readonly status: number
  readonly stream: boolean
  readonly dialect: Dialect
  readonly path: string
  /** Code of the refusal or failure. */
  readonly error: string | null
  readonly tokens: { readonly input: number; readonly output: number } | null
  readonly cost: { readonly micros: number; readonly currency: string; readonly trust: CostTrust } | null
  readonly firstByteMs: number | null
  readonly latencyMs: number
  /** Time the shield took in all, milliseconds. */
  readonly scanMs: number
  readonly score: number
  readonly threshold: number
  readonly scannedBytes: number
  /** Bytes that reached the model or the caller without being scanned. Zero unless the shield observes a failure. */
  readonly unscannedBytes: number
  readonly findings: readonly Finding[]
  /** Texts as the text mode allows, secrets removed; null in `metadata`. */
  readonly texts: readonly CallText[] | null
}

/** The text of one unit, as far as it may go on record. */
export interface CallText {
  readonly unit: number
  readonly origin: Origin
  readonly direction: 'inbound' | 'outbound'
  readonly tool?: string
  readonly text: string
  /** Characters left out at the end, 0 when whole. */
  readonly omitted: number
  /** Spans that were removed: where the placeholder stands in `text`. */
  readonly removed: readonly { readonly start: number; readonly end: number; readonly label: string }[]
}

/** Calls on record: the gateway writes one row a call, plugins of the dashboard take them. */
export const CALLS: RecordToken<CallRecord> = recordToken<CallRecord>('gateway.call')

/** Settings of recording, offered by `traffic` on the gateway plane; without it only metadata are recorded. */
export interface Recording {
  textMode(): TextMode
}

/** Tells the gateway how much text goes on record; offered by `traffic`. Without it only metadata do. */
export const RECORDING: ServiceToken<Recording> = serviceToken<Recording>('traffic.recording')

/** Where the model path of this installation answers; provided by the kernel on the dashboard plane. */
export interface ModelPath {
  /** Base address without trailing slash, `http://127.0.0.1:4001`. Ask at each use: the port is known once the gateway is up. */
  url(): string
}

/** Provided by the kernel itself, so it is always there on the dashboard plane. */
export const MODEL_PATH: ServiceToken<ModelPath> = serviceToken<ModelPath>('kernel.model-path')
