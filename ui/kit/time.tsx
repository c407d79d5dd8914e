import { now } from '../sdk/clock.ts'
import { ago, clock, exact, span, when } from '../sdk/format.ts'

/** A moment. `span`: `4 min`; `ago`: `4 min ago`; `clock`: `14:32:06`; `when`: `14:32` or `19 Nov`. Exact with zone on hover. */
export function Time({ at, as = 'ago' }: { at: number; as?: 'span' | 'ago' | 'clock' | 'when' }) {
  const text = {
    span: () => span(Math.max(0, now.value - at)),
    ago: () => ago(at, now.value),
    clock: () => clock(at),
    when: () => when(at, now.value),
  }
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {text[as]()}
    </time>
  )
}
