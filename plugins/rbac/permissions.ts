import { type Actor, ApiError, holds, type Permission } from 'clawnex/contract'

/** Throws API_FORBIDDEN when someone would hand out more than they hold. */
export function checkEscalation(actor: Actor, granted: readonly string[]): void {
  const beyond = granted.filter(name => (name === '*' ? actor.permissions !== '*' : !holds(actor, name)))
  if (beyond.length === 0) return
  throw new ApiError('API_FORBIDDEN', { detail: `Nobody grants what they do not hold: ${beyond.join(', ')}.` })
}

/**
 * Throws API_INVALID for a name that nothing declares: most likely a typing error, and a right in waiting should a plugin
 * declare it one day.
 */
export function checkDeclared(declared: readonly Permission[], granted: readonly string[]): void {
  const names = new Set(declared.map(({ name }) => name))
  const errors = granted.flatMap((name, at) =>
    name === '*' || names.has(name)
      ? []
      : [{ pointer: `/permissions/${at}`, message: `There is no permission "${name}".` }],
  )
  if (errors.length > 0) throw new ApiError('API_INVALID', { detail: errors[0]?.message ?? '', errors })
}
