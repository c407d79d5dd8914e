import {
  type ApiProblem,
  api,
  Button,
  closeInspector,
  Field,
  Icon,
  Picks,
  ProblemLine,
  problemOf,
  reloadResources,
  State,
  toast,
  useCarry,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'
import type { Preset } from './setup.ts'

const OTHER = 'other'

interface TestResult {
  readonly ok: boolean
  readonly models: readonly string[] | null
  readonly problem: string | null
  readonly ms: number
}

/** The form beside step 3. What was typed survives a reload of plugins; the key does not leave this page but to be sealed. */
export function AddProvider({ presets }: { presets: readonly Preset[] }) {
  const [choice, setChoice] = useCarry('shell/start.choice', '')
  const [address, setAddress] = useCarry('shell/start.address', '')
  const [name, setName] = useCarry('shell/start.name', '')
  const [key, setKey] = useState('')
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const [test, setTest] = useState<TestResult | null>(null)
  const chosen = choice === '' ? (presets[0]?.id ?? OTHER) : choice
  const preset = presets.find(entry => entry.id === chosen)
  const options = [
    ...presets.slice(0, 4).map(({ id, title, note, needsKey }) => ({
      value: id,
      label: title,
      note: note ?? (needsKey ? 'works directly' : 'no key'),
    })),
    { value: OTHER, label: 'Another address', note: 'anything that speaks the OpenAI API' },
  ]

  const save = async (): Promise<void> => {
    setProblem(null)
    setTest(null)
    const id = preset?.id ?? name
    try {
      await api.post('providers', {
        id,
        ...(preset ? { title: preset.title, dialect: preset.dialect } : {}),
        baseUrl: preset?.baseUrl ?? address,
        ...(key === '' ? {} : { key }),
      })
      setKey('')
      reloadResources('providers')
      toast(`${preset?.title ?? name} added`)
      const result = await api.post<TestResult>(`providers/${encodeURIComponent(id)}/test`)
      setTest(result)
      if (result.ok) closeInspector()
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  return (
    <aside class="inspector" id="add-provider" data-shown="" aria-label="Add a provider">
      <header class="insp-head">
        <div class="row">
          <button class="btn narrow-only" data-kind="quiet" type="button" onClick={closeInspector}>
            <Icon name="left" small />
            Back
          </button>
          <span class="quiet small">Step 3 of 4</span>
          <span class="end wide-only">
            <Button kind="quiet" icon="x" label="Close (Esc)" onClick={closeInspector} />
          </span>
        </div>
        <h2>Add a provider</h2>
        <p class="quiet">One is enough. More can follow under Agents.</p>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls, so the keyboard must reach it. */}
      <section class="insp-body" tabIndex={0} aria-label="Provider">
        <form
          class="sect form"
          id="provider-form"
          aria-label="Provider"
          onSubmit={event => {
            event.preventDefault()
            void save()
          }}
        >
          <Picks legend="Provider" options={options} value={chosen} onChange={setChoice} />
          {preset === undefined && (
            <>
              <Field
                label="Name"
                mono
                value={name}
                required
                pattern="[a-z][a-z0-9\-]*"
                error={problem?.field('/id')}
                help="Models are addressed as name/model. Lower case, digits, hyphens."
                onInput={event => setName(event.currentTarget.value)}
              />
              <Field
                label="Address"
                mono
                type="url"
                value={address}
                required
                error={problem?.field('/baseUrl')}
                help="With /v1 where the provider has it."
                onInput={event => setAddress(event.currentTarget.value)}
              />
            </>
          )}
          {preset?.needsKey !== false && (
            <Field
              label="API key"
              mono
              type="password"
              autoComplete="off"
              value={key}
              required={preset?.needsKey === true}
              error={problem?.field('/key')}
              help="Sealed with a key file of mode 0600. Never shown again, not in logs, exports or backups."
              onInput={event => setKey(event.currentTarget.value)}
            />
          )}
        </form>
        <div class="form-error">
          <ProblemLine problem={problem} />
          {test && !test.ok && (
            <State icon="x" tone="bad">
              Added, but it does not answer: {test.problem}
            </State>
          )}
        </div>
      </section>
      <footer class="insp-foot">
        <button class="btn" data-kind="primary" type="submit" form="provider-form">
          {preset?.needsKey === false ? 'Add it' : 'Seal key and add'}
        </button>
        <Button kind="quiet" onClick={closeInspector}>
          Later
        </Button>
      </footer>
    </aside>
  )
}
