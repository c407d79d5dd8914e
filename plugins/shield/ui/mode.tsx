import { type ApiProblem, api, Button, Dialog, ProblemLine, problemOf, toast, useResource, when } from 'clawnex/ui'
import { useState } from 'preact/hooks'
import type { ShieldStatus } from './types.ts'

export const useShield = () => useResource<ShieldStatus>('shield', { every: 15_000 })

/** The mode in the status line. Observing is a state to be seen. */
export function ModeStatus() {
  const mode = useShield().data?.mode
  if (mode === undefined) return null
  return <a href="/detections">{mode === 'BLOCK' ? 'Shield blocks' : <span data-tone="warn">Shield observes</span>}</a>
}

/** One sentence: what the shield does now and since when. */
export function ModeSentence({ status }: { status: ShieldStatus }) {
  const since = status.changedAt === null ? null : ` Set ${when(status.changedAt)} by ${status.changedBy ?? 'unknown'}.`
  return (
    <p class="prose">
      {status.mode === 'BLOCK'
        ? `Calls that score ${status.threshold} or more are stopped, secrets are taken out, ${status.review} or more is marked for review.`
        : 'The shield judges and changes nothing: attacks and secrets pass, and are marked for review.'}
      {since}
    </p>
  )
}

/** Asks before the mode changes and says what follows. */
export function ModeDialog({
  status,
  onClose,
  onChanged,
}: {
  status: ShieldStatus
  onClose(): void
  onChanged(status: ShieldStatus): void
}) {
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const observe = status.mode === 'BLOCK'

  async function change(): Promise<void> {
    try {
      onChanged(await api.put<ShieldStatus>('shield/mode', { mode: observe ? 'OBSERVE' : 'BLOCK' }))
      toast(observe ? 'Shield observes' : 'Shield blocks')
      onClose()
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  return (
    <Dialog
      title={observe ? 'Observe only' : 'Block again'}
      onClose={onClose}
      foot={
        <>
          <Button kind="quiet" onClick={onClose}>
            {observe ? 'Keep blocking' : 'Keep observing'}
          </Button>
          <Button kind={observe ? 'danger' : 'primary'} onClick={change}>
            {observe ? 'Observe only' : 'Block'}
          </Button>
        </>
      }
    >
      <p>
        {observe
          ? 'From the next call on, nothing is stopped and nothing is taken out. Injected orders reach the model, keys reach the provider, dangerous tool calls reach the agent. Findings still stand in Traffic, marked for review.'
          : 'From the next call on, attacks are refused with status 400, and secrets are replaced in prompts and answers. Agents that rely on what was let through may stop working.'}
      </p>
      <ProblemLine problem={problem} />
    </Dialog>
  )
}
