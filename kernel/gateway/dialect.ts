/**
 * The seam between the model path and the dialects it speaks. The path, its limits, judging, holding back, recording and
 * cutting are the same for all; a dialect only knows how its bodies and frames are laid out.
 */
import type { CataloguedError, Dialect, Judgement, Redaction, Unit } from '../contract/index.ts'
import type { Frame } from './sse/parser.ts'

/** A request body, read and ready to be judged. */
export interface ParsedCall {
  /** As the caller wrote it. */
  readonly model: string
  readonly stream: boolean
  readonly body: Readonly<Record<string, unknown>>
  readonly units: readonly Unit[]
  /** UTF-8 bytes that are forwarded although no rule can read them: pictures. */
  readonly unscannedBytes: number
  /**
   * The bytes to forward. Without redactions they are the caller's own, with at most the model name replaced. Returns null
   * when a redaction falls on something that cannot be rewritten.
   */
  encode(model: string, redactions: readonly Redaction[]): Buffer | null
  /** The parsed body for a model inside the process, rewritten the same way. */
  rewritten(model: string, redactions: readonly Redaction[]): Readonly<Record<string, unknown>> | null
}

/** One string of an answer that reaches the caller. */
export interface Segment {
  /** Channel of the judge. Text of the same channel is one text, in order of arrival. */
  readonly channel: string
  /**
   * `stream`: more may follow. `whole`: complete in itself. `tool`: part of a tool call, shown only once that is complete and
   * judged; the text is a piece of its arguments. `repeat`: the whole text of the channel once more; not judged again, and what
   * was cut out of the channel is cut out here.
   */
  readonly kind: 'stream' | 'whole' | 'tool' | 'repeat'
  readonly text: string
  /** Name of the tool, on the segment that carries it. */
  readonly tool?: string
  /** Channel of the tool call that must be complete before the one of this segment begins. */
  readonly after?: string
  /** Where the text stands in the parsed value, so that it can be rewritten; null when it cannot be. */
  readonly holder: Record<string, unknown> | null
  readonly key: string
  /** A redaction removes what the member holds instead of rewriting it. */
  readonly drop?: boolean
}

export interface Usage {
  readonly input: number
  readonly output: number
}

/** What one body or one frame of an answer says. */
export interface Reading {
  readonly kind: 'content' | 'done' | 'error'
  /** The parsed value, which segments point into. Null for comments and `done`. */
  readonly value: Record<string, unknown> | null
  readonly segments: readonly Segment[]
  /** Channels that are complete with this reading: tool calls to be judged, texts of which nothing more will come. */
  readonly completed: readonly string[]
  readonly usage: Usage | null
  /** False when the parsed value does not say all that the bytes say; then it is written anew. */
  readonly faithful: boolean
  /** Set when everything asked for has been answered. */
  readonly finished: boolean
  /** UTF-8 bytes that pass although no rule can read them: pictures. */
  readonly unscannedBytes?: number
}

/** Reads one answer. Keeps what the layout needs between frames: choices seen, ids for a well-formed cut. */
export interface AnswerReader {
  /** A whole answer. Throws GW_UPSTREAM_BROKEN when it is not the dialect. */
  body(bytes: Buffer): Reading
  /** One frame of a streamed answer. Throws GW_UPSTREAM_BROKEN when it is not the dialect. */
  frame(frame: Frame): Reading
  /** A frame that carries a rewritten value. */
  encodeFrame(frame: Frame, value: Record<string, unknown>): Buffer
  /** Told of each frame that leaves, in order and as it leaves, by readers whose cuts depend on what the caller has seen. */
  shown?(reading: Reading): void
  /** Frames that end a stream early so that a caller keeps the text it has. */
  cutText(): Buffer
  /** The frame that ends a stream as an error, after which nothing follows. */
  cutHard(error: CataloguedError, callId: string): Buffer
}

export interface DialectAdapter {
  readonly dialect: Dialect
  /** Path served to callers. */
  readonly path: string
  /** Appended to a target's base address. */
  readonly upstreamPath: string
  /** Appended instead where it depends on the base address, or on the caller's query (without its question mark). */
  upstreamAddress?(baseUrl: string, query: string): string
  /** Throws GW_BODY or GW_UNSCANNABLE. */
  readCall(bytes: Buffer, depth: number): ParsedCall
  /** `cleared` grows while the answer is judged: strings that need no second look. `call`: what is being answered. */
  reader(depth: number, cleared: ReadonlySet<string>, call: ParsedCall): AnswerReader
  /** The body of an error in this dialect. */
  errorBody(error: CataloguedError, callId: string | null): string
}

/** What a caller reads about a stopped call: the titles of the findings, never their text. */
export function describeFindings(judgement: Judgement): string {
  const titles = [...new Set(judgement.findings.map(finding => finding.title))]
  return titles.length === 0 ? 'policy' : titles.slice(0, 5).join('; ')
}
