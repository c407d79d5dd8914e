import {
  type ApiProblem,
  api,
  Button,
  can,
  Failed,
  FormRow,
  Picks,
  ProblemLine,
  problemOf,
  toast,
  useCarry,
  useResource,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'

interface Settings {
  readonly textMode: 'metadata' | 'redacted' | 'forensic'
  readonly days: number
  readonly version: number
}

interface Draft {
  readonly textMode: Settings['textMode']
  readonly days: string
}

const MODES = [
  { value: 'metadata', label: 'Metadata', note: 'Who, when, verdict, findings, tokens. No text.' },
  {
    value: 'redacted',
    label: 'Redacted text',
    note: 'Texts with secrets and other removed parts replaced by their names.',
  },
  {
    value: 'forensic',
    label: 'Forensic',
    note: 'More text, sealed on this host and left out of search. Secrets are replaced here too.',
  },
] as const

/** How much of a call goes on record, and for how long. */
export function RecordingSettings() {
  const settings = useResource<Settings>('traffic/settings')
  const [draft, setDraft] = useCarry<Draft | undefined>('traffic/recording', undefined)
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const inForce = settings.data
  if (inForce === undefined) {
    return settings.error ? <Failed problem={settings.error} what="these settings" retry={settings.reload} /> : null
  }
  const shown = draft ?? { textMode: inForce.textMode, days: String(inForce.days) }
  const days = Number(shown.days)
  const daysError = Number.isInteger(days) && days >= 1 && days <= 400 ? undefined : 'Enter 1 to 400.'
  const changed = shown.textMode !== inForce.textMode || shown.days !== String(inForce.days)

  async function apply(): Promise<void> {
    try {
      const body = { textMode: shown.textMode, days }
      settings.put(await api.put<Settings>('traffic/settings', body, { ifMatch: String(inForce?.version) }))
      setDraft(undefined)
      setProblem(null)
      toast('Recording changed')
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  return (
    <>
      <header class="gen-head">
        <h2>Recording</h2>
        <p class="quiet small">Applies to new calls; texts on record stay as they are.</p>
      </header>
      <form
        class="sect form"
        aria-label="Recording"
        onSubmit={event => {
          event.preventDefault()
          if (changed && daysError === undefined) void apply()
        }}
      >
        <Picks
          legend="Text on record"
          options={MODES}
          value={shown.textMode}
          onChange={textMode => setDraft({ ...shown, textMode })}
        />
        <FormRow
          label="Days kept"
          kind="integer"
          help="Calls, findings and texts. Totals stay 400 days."
          {...(daysError === undefined ? {} : { error: daysError })}
          changed={shown.days !== String(inForce.days)}
        >
          {ids => (
            <input
              class="input"
              {...ids}
              inputMode="numeric"
              value={shown.days}
              onInput={event => setDraft({ ...shown, days: event.currentTarget.value })}
            />
          )}
        </FormRow>
        <ProblemLine problem={problem} />
        {can('traffic.settings') ? (
          <div class="row" data-wrap="">
            <Button kind="primary" type="submit" disabled={!changed || daysError !== undefined}>
              Apply
            </Button>
            {changed && (
              <Button kind="quiet" onClick={() => setDraft(undefined)}>
                Drop changes
              </Button>
            )}
          </div>
        ) : (
          <p class="quiet small">Changing this needs the right traffic.settings.</p>
        )}
      </form>
    </>
  )
}
