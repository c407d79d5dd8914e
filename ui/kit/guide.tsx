import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'

export interface GuideStep {
  readonly key: string
  readonly state: 'done' | 'now' | 'next'
  readonly title: string
  /** `14:30`, `now`, `next`. */
  readonly end: ComponentChildren
  readonly body: ComponentChildren
}

/** Steps that are true or not yet; each computed from the state of the machine. */
export function Guide({ steps }: { steps: readonly GuideStep[] }) {
  return (
    <ol class="guide">
      {steps.map((step, index) => (
        <li
          key={step.key}
          id={`step-${index + 1}`}
          data-s={step.state}
          aria-current={step.state === 'now' ? 'step' : undefined}
        >
          <span class="mark">
            {step.state === 'done' ? (
              <>
                <Icon name="check" />
                <span class="sr">Done</span>
              </>
            ) : (
              <span class="ref">{index + 1}</span>
            )}
          </span>
          <div>
            <h2>{step.title}</h2>
            {step.body}
          </div>
          <span class={step.state === 'now' ? 'end small strong' : 'end quiet small'}>{step.end}</span>
        </li>
      ))}
    </ol>
  )
}
