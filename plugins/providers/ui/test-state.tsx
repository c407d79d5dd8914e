import { count, ms, State } from 'clawnex/ui'
import { tested } from './tests.ts'
import type { Provider } from './types.ts'

/** What the last test of this visit said. */
export function TestState({ provider }: { provider: Provider }) {
  if (provider.source === 'builtin') return <State icon="check">On this machine</State>
  if (!provider.enabled) return <State icon="off">Switched off</State>
  const test = tested.value.get(provider.id)
  if (test !== undefined && !test.ok) {
    return (
      <State icon="x" tone="bad">
        {test.problem}
      </State>
    )
  }
  if (test === undefined) return <State icon="circle">Not tested</State>
  return (
    <State icon="check">
      Answers in {ms(test.ms)}, {count(test.models?.length ?? 0, 'model')}
    </State>
  )
}
