import {
  type ApiProblem,
  AreaBox,
  api,
  Button,
  FieldBox,
  Findings,
  ms,
  Page,
  ProblemLine,
  problemOf,
  Select,
  Turn,
  Turns,
  useCarry,
  Verdict,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'
import type { ScanReply } from './types.ts'

const ORIGINS = [
  { value: 'user', label: 'User message' },
  { value: 'system', label: 'System prompt' },
  { value: 'tool_result', label: 'Tool result' },
  { value: 'web', label: 'Web page' },
  { value: 'tool_call', label: 'Tool call' },
  { value: 'model', label: 'Answer of the model' },
] as const
type Origin = (typeof ORIGINS)[number]['value']

const LONGEST = 500_000

/** A place to see what the shield makes of a text. Nothing is stored. */
export function LabPage() {
  const [text, setText] = useCarry('shield/lab/text', '')
  const [origin, setOrigin] = useCarry<Origin>('shield/lab/origin', 'user')
  const [judged, setJudged] = useState<{ text: string; reply: ScanReply } | null>(null)
  const [problem, setProblem] = useState<ApiProblem | null>(null)

  async function scan(): Promise<void> {
    try {
      setJudged({ text, reply: await api.post<ScanReply>('shield/scan', { text, origin }) })
      setProblem(null)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  return (
    <Page title="Detections" area="detections">
      <div class="areas">
        <AreaBox title="Text" width={6} first note="judged here, never stored">
          <form
            class="form"
            aria-label="Text to judge"
            onSubmit={event => {
              event.preventDefault()
              if (text !== '') void scan()
            }}
          >
            <FieldBox label="Text to judge">
              {ids => (
                <textarea
                  class="input"
                  {...ids}
                  rows={10}
                  maxLength={LONGEST}
                  data-mono=""
                  value={text}
                  onInput={event => setText(event.currentTarget.value)}
                />
              )}
            </FieldBox>
            <FieldBox label="Written by" help="The same words weigh more in a tool result than from a user.">
              {ids => <Select options={ORIGINS} value={origin} onChange={setOrigin} {...ids} />}
            </FieldBox>
            <ProblemLine problem={problem} />
            <div class="row" data-wrap="">
              <Button kind="primary" type="submit" disabled={text === ''}>
                Judge text
              </Button>
            </div>
          </form>
        </AreaBox>
        <AreaBox title="Judgement" width={6}>
          <div aria-live="polite">
            {judged === null ? (
              <p class="quiet">Nothing judged yet.</p>
            ) : (
              <Judgement text={judged.text} reply={judged.reply} />
            )}
          </div>
        </AreaBox>
      </div>
    </Page>
  )
}

function Judgement({ text, reply }: { text: string; reply: ScanReply }) {
  const marked = reply.findings.map((finding, index) => ({ ...finding, ref: index + 1 }))
  return (
    <>
      <p class="row" data-wrap="">
        <Verdict verdict={reply.verdict} />
        <span>
          Score {reply.score} of 100, blocks at {reply.threshold}
        </span>
        <span class="quiet">{ms(reply.ms)}</span>
      </p>
      {reply.mode === 'OBSERVE' && (
        <p class="quiet small">The shield observes: nothing would be stopped or taken out.</p>
      )}
      {marked.length === 0 ? (
        <p class="quiet">No rule found anything.</p>
      ) : (
        <Findings
          items={marked.map(finding => ({
            ref: finding.ref,
            what: finding.title,
            severity: finding.severity,
            points: Math.round(finding.confidence * 100),
            note: finding.view === 'raw' ? finding.rule : `${finding.rule}, found in ${finding.view}`,
          }))}
        />
      )}
      <Turns>
        <Turn who="text" text={text} hits={marked.filter(finding => finding.end > finding.start)} />
        {reply.redacted !== text && <Turn who="as it would be forwarded" text={reply.redacted} />}
      </Turns>
    </>
  )
}
