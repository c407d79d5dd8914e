import { type ApiProblem, api, Button, Field, Picks, ProblemLine, problemOf, Select, useCarry } from 'clawnex/ui'
import { useState } from 'preact/hooks'
import { PermissionPicks } from './permission-picks.tsx'
import type { Made } from './types.ts'

interface Draft {
  readonly name: string
  readonly kind: 'model' | 'api'
  /** Models as typed, or names of permissions. */
  readonly rights: string
  readonly days: string
}

const FRESH: Draft = { name: '', kind: 'model', rights: '', days: '90' }

const KINDS = [
  { value: 'model', label: 'For an agent', note: 'Works on the model path only, instead of a provider key.' },
  { value: 'api', label: 'For a script', note: 'Works on the API of this dashboard only.' },
] as const

const ENDS = [
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in a year' },
  { value: 'never', label: 'never' },
] as const

/** `openai/*, local/qwen3` as a list; the API checks each. */
function splitList(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(part => part !== ''))]
}

function toBody({ name, kind, rights, days }: Draft) {
  const list = splitList(rights)
  return {
    name: name.trim(),
    kind,
    expiresInDays: days === 'never' ? null : Number(days),
    ...(kind === 'api' ? { permissions: list } : { models: list.length === 0 ? null : list }),
  }
}

export function NewKeyForm({ onMade, onCancel }: { onMade(made: Made): void; onCancel(): void }) {
  const [draft, setDraft] = useCarry<Draft>('rbac/new-key', FRESH)
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const set = (change: Partial<Draft>): void => setDraft({ ...draft, ...change })

  async function make(): Promise<void> {
    try {
      const made = await api.post<Made>('rbac/keys', toBody(draft))
      setDraft(FRESH)
      onMade(made)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  const rightsError = problem?.errors.find(error => /^\/(permissions|models)/.test(error.pointer))?.message
  return (
    <form
      class="sect form"
      aria-label="New key"
      onSubmit={event => {
        event.preventDefault()
        void make()
      }}
    >
      <Field
        label="Name"
        value={draft.name}
        required
        maxLength={60}
        autoComplete="off"
        help="What it is for. It stands beside every call made with the key."
        error={problem?.field('/name')}
        onInput={event => set({ name: event.currentTarget.value })}
      />
      <Picks legend="Use" options={KINDS} value={draft.kind} onChange={kind => set({ kind, rights: '' })} />
      {draft.kind === 'model' ? (
        <Field
          label="Models"
          mono
          value={draft.rights}
          placeholder="openai/*, local/qwen3"
          help="Separated by commas. Empty allows every model."
          error={rightsError}
          onInput={event => set({ rights: event.currentTarget.value })}
        />
      ) : (
        <PermissionPicks
          value={splitList(draft.rights)}
          error={rightsError}
          onChange={names => set({ rights: names.join(' ') })}
        />
      )}
      <div class="field">
        <label for="new-key-ends">Ends</label>
        <Select
          id="new-key-ends"
          options={ENDS}
          value={draft.days as (typeof ENDS)[number]['value']}
          onChange={days => set({ days })}
        />
      </div>
      <ProblemLine problem={problem} />
      <div class="row" data-wrap="">
        <Button kind="primary" type="submit" disabled={draft.name.trim() === ''}>
          Make key
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
