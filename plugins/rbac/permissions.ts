import { type Actor, ApiError, holds } from 'clawnex/contract'

/** Throws API_FORBIDDEN when someone would hand out more than they hold. */
export function checkEscalation(actor: Actor, granted: readonly string[]): void {
  const beyond = granted.filter(name => (name === '*' ? actor.permissions !== '*' : !holds(actor, name)))
  if (beyond.length === 0) return
  throw new ApiError('API_FORBIDDEN', { detail: `Nobody grants what they do not hold: ${beyond.join(', ')}.` })
}
