import { ApiError, defineRoute, type ModelPath, type RouteSpec } from 'clawnex/contract'
import { Type } from 'typebox'
import { sendSample } from '../demo/send.ts'

const Verdict = Type.Union([
  Type.Literal('allow'),
  Type.Literal('review'),
  Type.Literal('redact'),
  Type.Literal('block'),
  Type.Literal('error'),
])

/** Either part may be absent: the access plugin can be reloading, the gateway can be down. */
export interface DemoPath {
  readonly path: ModelPath | undefined
  readonly key: string | undefined
}

export function demoCallRoute(find: () => DemoPath): RouteSpec {
  return defineRoute({
    method: 'POST',
    path: '/demo-call',
    summary: 'Sends a sample call to the demo model through the whole model path.',
    permission: 'providers.demo',
    audit: 'providers.demo.called',
    rate: 'expensive',
    body: Type.Object({ sample: Type.Union([Type.Literal('first'), Type.Literal('hostile')]) }),
    reply: Type.Object({
      callId: Type.Union([Type.String(), Type.Null()], { description: 'Id of the call in Traffic.' }),
      status: Type.Integer({ description: 'HTTP status the model path answered.' }),
      verdict: Type.Union([Verdict, Type.Null()]),
      answer: Type.Union([Type.String(), Type.Null()]),
      error: Type.Union([Type.String(), Type.Null()]),
      latencyMs: Type.Number(),
    }),
    errors: ['PLG_SERVICE_ABSENT', 'API_UNAVAILABLE'],
    async handle({ body, signal }) {
      const { path, key } = find()
      if (path === undefined) throw new ApiError('API_UNAVAILABLE', { detail: 'The model path is not running.' })
      if (key === undefined)
        throw new ApiError('PLG_SERVICE_ABSENT', { detail: 'The plugin rbac gives the key for it.' })
      try {
        return await sendSample(body.sample, { url: path.url(), key }, signal)
      } catch (cause) {
        throw new ApiError('API_UNAVAILABLE', { detail: 'The model path did not answer.', cause })
      }
    },
  })
}
