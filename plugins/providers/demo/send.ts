import { SAMPLES, type SampleName } from './samples.ts'

export interface DemoOutcome {
  /** Id of the call in Traffic; null when the model path did not get that far. */
  readonly callId: string | null
  readonly status: number
  readonly verdict: 'allow' | 'review' | 'redact' | 'block' | 'error' | null
  readonly answer: string | null
  readonly error: string | null
  readonly latencyMs: number
}

const LIMIT_MS = 15_000
/** The gateway learns the internal key with the first snapshot after a start; until then it answers 401. */
const KEY_WAIT_MS = 3_000
const RETRY_MS = 100

/** Sends a sample the way an agent would: over HTTP through the model path, key, shield and record included. */
export async function sendSample(
  sample: SampleName,
  path: { readonly url: string; readonly key: string },
  signal: AbortSignal,
): Promise<DemoOutcome> {
  const started = performance.now()
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
  for (;;) {
    const response = await fetch(`${path.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${path.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'clawnex/demo', messages: SAMPLES[sample] }),
      signal: limit,
    })
    const text = await response.text()
    if (response.status !== 401 || performance.now() - started > KEY_WAIT_MS) {
      return readOutcome(response, text, performance.now() - started)
    }
    await new Promise(resolve => setTimeout(resolve, RETRY_MS))
  }
}

function readOutcome(response: Response, text: string, ms: number): DemoOutcome {
  const body = parse(text)
  const error = response.ok ? null : (body?.error?.message ?? `The model path answered HTTP ${response.status}.`)
  return {
    callId: response.headers.get('x-clawnex-call'),
    status: response.status,
    verdict: readVerdict(response, body?.error?.code ?? null),
    answer: response.ok ? (body?.choices?.[0]?.message?.content ?? null) : null,
    error,
    latencyMs: Math.round(ms * 10) / 10,
  }
}

function readVerdict(response: Response, code: string | null): DemoOutcome['verdict'] {
  const told = response.headers.get('x-clawnex-verdict')
  if (told === 'allow' || told === 'review' || told === 'redact' || told === 'block' || told === 'error') return told
  if (code === 'content_blocked') return 'block'
  return response.ok ? 'allow' : null
}

interface ChatAnswer {
  readonly choices?: readonly { readonly message?: { readonly content?: string | null } }[]
  readonly error?: { readonly message?: string; readonly code?: string | null }
}

function parse(text: string): ChatAnswer | null {
  try {
    return JSON.parse(text) as ChatAnswer | null
  } catch {
    // An answer that is not JSON is told by its status.
    return null
  }
}
