import type { ApiProblem } from '../sdk/api.ts'
import { Icon } from './icon.tsx'

/** The error of an action, beside what caused it: what, why, what to do. Stays until the next try. */
export function ProblemLine({ problem }: { problem: ApiProblem | null }) {
  if (problem === null) return null
  return (
    <p class="error-line" role="alert">
      <Icon name="critical" />
      <span>
        {problem.message} {problem.detail} {problem.action} <span class="mono">{problem.code}</span>
      </span>
    </p>
  )
}
