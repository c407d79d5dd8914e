import { ApiError, defineRoute, type LiteLlmControl, type LiteLlmStatus, type RouteSpec } from 'clawnex/contract'
import { LiteLlmSchema } from './schemas.ts'

/** LiteLLM behind the gateway. Orders return at once; the status tells how they go. */
export function litellmRoutes(find: () => LiteLlmControl | undefined): RouteSpec[] {
  function need(): LiteLlmControl {
    const control = find()
    if (control === undefined) throw new ApiError('RUN_LITELLM', { detail: 'No gateway belongs to this dashboard.' })
    return control
  }

  const status = defineRoute({
    method: 'GET',
    path: '/litellm',
    summary: 'Says how LiteLLM is: state, progress of its installation, and what a call through it takes.',
    permission: 'providers.read',
    reply: LiteLlmSchema,
    errors: ['RUN_LITELLM'],
    handle() {
      const known = need().status()
      if (known === null) throw new ApiError('RUN_LITELLM', { detail: 'No gateway is connected.' })
      return show(known)
    },
  })

  const restart = defineRoute({
    method: 'POST',
    path: '/litellm/restart',
    summary: 'Replaces the LiteLLM process: the new one takes over once it has proved itself, and no call fails.',
    permission: 'providers.manage',
    audit: 'providers.litellm.restarted',
    rate: 'expensive',
    status: 202,
    reply: LiteLlmSchema,
    errors: ['RUN_LITELLM'],
    handle: async () => show(await need().restart()),
  })

  const provision = defineRoute({
    method: 'POST',
    path: '/litellm/provision',
    summary: 'Looks again for what LiteLLM needs, and installs it.',
    permission: 'providers.manage',
    audit: 'providers.litellm.provisioned',
    rate: 'expensive',
    status: 202,
    reply: LiteLlmSchema,
    errors: ['RUN_LITELLM'],
    handle: async () => show(await need().provision()),
  })

  return [status, restart, provision]
}

function show(status: LiteLlmStatus) {
  return { ...status, progress: status.progress && { ...status.progress } }
}
