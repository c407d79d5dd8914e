/** What one call may cost. Every buffer and every wait of the model path is bounded by one of these. */
export interface Limits {
  /** Bytes of a request body. */
  readonly requestBytes: number
  /** Bytes of an answer, decoded. */
  readonly answerBytes: number
  /** Bytes of one SSE frame. */
  readonly frameBytes: number
  /** Bytes of frames held back until they are judged. */
  readonly heldBytes: number
  /** Milliseconds from the first byte of the request to the last of the answer. */
  readonly callMs: number
  /** Milliseconds a caller may take for its headers, and for its whole request. */
  readonly headersMs: number
  readonly requestMs: number
  /** Connections at one time. */
  readonly connections: number
  /** Header lines of a request. */
  readonly headerLines: number
  /** Nesting of a JSON body. */
  readonly depth: number
}

const MiB = 1024 * 1024

export const DEFAULT_LIMITS: Limits = {
  requestBytes: 20 * MiB,
  answerBytes: 32 * MiB,
  frameBytes: 4 * MiB,
  heldBytes: 8 * MiB,
  callMs: 30 * 60_000,
  headersMs: 10_000,
  requestMs: 60_000,
  connections: 1024,
  headerLines: 100,
  depth: 64,
}
