import {
  type ApiProblem,
  api,
  Button,
  can,
  clock,
  money,
  ms,
  num,
  ProblemLine,
  problemOf,
  reloadResources,
  shortId,
  Turn,
  Turns,
  useResource,
  Verdict,
} from 'clawnex/ui'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Setup, SetupCall } from './setup.ts'

/** Answer of `POST /api/v1/providers/demo-call`. */
interface SampleResult {
  readonly callId: string | null
  readonly status: number
  readonly verdict: string | null
  readonly answer: string | null
  readonly error: string | null
  readonly latencyMs: number
}

interface CallTexts {
  readonly texts:
    | readonly { readonly origin: string; readonly direction: 'inbound' | 'outbound'; readonly text: string }[]
    | null
}

interface Sample {
  readonly result: SampleResult | null
  readonly problem: ApiProblem | null
  send(): Promise<void>
}

/** Sends a sample the way an agent would: over HTTP through the model path. */
function useSample(sample: 'first' | 'hostile'): Sample {
  const [result, setResult] = useState<SampleResult | null>(null)
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const send = async (): Promise<void> => {
    setProblem(null)
    try {
      setResult(await api.post<SampleResult>('providers/demo-call', { sample }))
      reloadResources('traffic')
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  return { result, problem, send }
}

export function FirstStep({ setup }: { setup: Setup }) {
  const sample = useSample('first')
  const call = setup.first
  return (
    <>
      <p class="quiet">
        Through the gateway to the demo model. It runs here, needs no key and says so in every answer.
      </p>
      {call !== null && <FirstCall call={call} />}
      <SendButton sample={sample} primary={call === null} missing={setup.missing}>
        {call === null ? 'Send a first prompt' : 'Send it again'}
      </SendButton>
    </>
  )
}

/** The two turns, from the record. Without the right to texts, or without texts kept, the facts alone. */
function FirstCall({ call }: { call: SetupCall }) {
  const detail = useResource<CallTexts>(`traffic/${call.id}`)
  const texts = detail.data?.texts ?? []
  const asked = texts.find(text => text.direction === 'inbound')
  const answered = texts.find(text => text.direction === 'outbound')
  return (
    <>
      {asked && answered && (
        <Turns>
          <Turn who="you" text={asked.text} />
          <Turn who={call.model === 'clawnex/demo' ? 'demo model' : call.model} text={answered.text} />
        </Turns>
      )}
      <Seen call={call}>
        shield {ms(call.scanMs)},{' '}
        {call.tokens === null ? 'tokens unknown' : `${num(call.tokens.input + call.tokens.output)} tokens`}
        {call.cost !== null && `, ${money(call.cost)} ${call.cost.trust}`}
      </Seen>
    </>
  )
}

export function StoppedStep({ setup, isNow }: { setup: Setup; isNow: boolean }) {
  const sample = useSample('hostile')
  const call = setup.stopped
  return (
    <>
      <p class="quiet">The sample poses as a system message and asks for a key file.</p>
      {call !== null && (
        <>
          <div class="row mt-2" data-wrap="">
            <Verdict verdict={call.verdict} />
            <span class="strong">
              score {num(call.score)}, blocks at {num(call.threshold)}
            </span>
            <span class="quiet">
              {num(call.findings.length)} {call.findings.length === 1 ? 'finding' : 'findings'}, {ms(call.scanMs)}
              {call.action === 'refused' && ', the model was not called'}
            </span>
          </div>
          <Seen call={call} />
        </>
      )}
      {call === null && sample.result !== null && sample.result.verdict !== 'block' && (
        <NotStopped result={sample.result} />
      )}
      {(call !== null || isNow || setup.first !== null) && (
        <SendButton sample={sample} primary={isNow} missing={setup.missing}>
          {call === null ? 'Send the hostile sample' : 'Send it again'}
        </SendButton>
      )}
    </>
  )
}

/** The sample got through: say so plainly, with the reason there can be. */
function NotStopped({ result }: { result: SampleResult }) {
  return (
    <div class="row mt-2" data-wrap="">
      {result.verdict && <Verdict verdict={result.verdict} />}
      <span>
        The sample was not stopped. The shield observes only, or is not running: see{' '}
        <a class="link" data-inline="" href="/detections">
          Detections
        </a>
        .
      </span>
    </div>
  )
}

function Seen({ call, children }: { call: SetupCall; children?: ComponentChildren }) {
  return (
    <p class="prov mt-2">
      Seen as <a href={`/traffic?open=${encodeURIComponent(call.id)}`}>{shortId(call.id)}</a>, {clock(call.at)}
      {children && <>, {children}</>}
    </p>
  )
}

function SendButton({
  sample,
  primary,
  missing,
  children,
}: {
  sample: Sample
  primary: boolean
  missing: ReadonlySet<string>
  children: ComponentChildren
}) {
  const { result, problem, send } = sample
  const why =
    missing.size > 0
      ? `${[...missing].join(' and ')} does not answer, so there is nothing to send with.`
      : !can('providers.demo')
        ? 'Needs the right providers.demo.'
        : null
  return (
    <>
      <div class="row mt-3" data-wrap="">
        {primary ? (
          <Button kind="primary" icon="send" disabled={why !== null} onClick={send}>
            {children}
          </Button>
        ) : (
          <Button kind="quiet" icon="send" disabled={why !== null} onClick={send}>
            {children}
          </Button>
        )}
        {why && <span class="quiet small">{why}</span>}
        {result && problem === null && (
          <span class="quiet small" role="status">
            Answered HTTP {result.status} in {ms(result.latencyMs)}
            {result.error !== null && `: ${result.error}`}
          </span>
        )}
      </div>
      <ProblemLine problem={problem} />
    </>
  )
}
