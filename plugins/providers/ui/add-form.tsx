import {
  type ApiProblem,
  api,
  Button,
  Field,
  Inspector,
  ProblemLine,
  problemOf,
  Select,
  toast,
  useCarry,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'
import { testProvider } from './tests.ts'
import { type Preset, type Provider, readModels } from './types.ts'

interface Draft {
  readonly preset: string
  readonly id: string
  readonly baseUrl: string
  readonly models: string
}

const OTHER = 'other'

const draftOf = (preset: Preset | undefined): Draft => ({
  preset: preset?.id ?? OTHER,
  id: preset?.id ?? '',
  baseUrl: preset?.baseUrl ?? '',
  models: '',
})

/** Adds a provider and asks it for its models at once. The key lives in the field only, never in kept state. */
export function AddProvider({ presets, onAdded }: { presets: readonly Preset[]; onAdded(id: string): void }) {
  const [draft, setDraft] = useCarry<Draft>('providers/add', draftOf(presets[0]))
  const [key, setKey] = useState('')
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const preset = presets.find(entry => entry.id === draft.preset)
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change })

  async function add(): Promise<void> {
    try {
      const provider = await api.post<Provider>('providers', {
        id: draft.id,
        title: preset !== undefined && preset.id === draft.id ? preset.title : draft.id,
        dialect: preset?.dialect ?? 'openai',
        baseUrl: draft.baseUrl,
        models: readModels(draft.models),
        ...(key === '' ? {} : { key }),
      })
      setDraft(draftOf(presets[0]))
      setKey('')
      toast(`${provider.title} added`)
      onAdded(provider.id)
      // Its state shows in the list and in the inspector; a failed test is not a failed addition.
      await testProvider(provider.id).catch((error: unknown) => setProblem(problemOf(error)))
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  return (
    <Inspector
      label="Add a provider"
      title="Add a provider"
      chips={<span class="quiet">Agents keep their ClawNex key; only this machine knows the provider's.</span>}
      foot={
        <Button kind="primary" type="submit" form="add-provider">
          {key === '' ? 'Add and test' : 'Seal key, add and test'}
        </Button>
      }
    >
      <form
        class="sect form"
        id="add-provider"
        aria-label="Provider"
        onSubmit={event => {
          event.preventDefault()
          return add()
        }}
      >
        <div class="field">
          <label for="provider-preset">Provider</label>
          <Select
            id="provider-preset"
            options={[
              ...presets.map(entry => ({ value: entry.id, label: entry.title })),
              { value: OTHER, label: 'Other, by address' },
            ]}
            value={draft.preset}
            onChange={value => setDraft(draftOf(presets.find(entry => entry.id === value)))}
          />
          {preset?.note != null && <p class="help">{preset.note}</p>}
        </div>
        <Field
          label="Name"
          mono
          required
          value={draft.id}
          autoComplete="off"
          help={`Models are addressed ${draft.id === '' ? 'name' : draft.id}/model. Small letters, digits, hyphens.`}
          error={problem?.code === 'API_CONFLICT' ? (problem.detail ?? undefined) : problem?.field('/id')}
          onInput={event => set({ id: event.currentTarget.value })}
        />
        <Field
          label="Address"
          mono
          required
          value={draft.baseUrl}
          autoComplete="off"
          spellcheck={false}
          help="The base address of an OpenAI-compatible API, usually ending in /v1."
          error={problem?.field('/baseUrl')}
          onInput={event => set({ baseUrl: event.currentTarget.value })}
        />
        <Field
          label={preset?.needsKey === false ? 'API key, when it wants one' : 'API key'}
          mono
          type="password"
          autoComplete="off"
          value={key}
          help="Sealed with the key file of this installation. Never shown again, not in logs, exports or backups."
          error={problem?.field('/key')}
          onInput={event => setKey(event.currentTarget.value)}
        />
        <Field
          label="Models"
          mono
          value={draft.models}
          autoComplete="off"
          help="Separated by commas. Empty lets every name through."
          error={problem?.errors.find(error => error.pointer.startsWith('/models'))?.message}
          onInput={event => set({ models: event.currentTarget.value })}
        />
        <ProblemLine problem={problem} />
      </form>
    </Inspector>
  )
}
