import { GatewayError, isCatalogued, type Target } from '../../contract/index.ts'
import { type UpstreamCall, type UpstreamHandlers, upstreamError } from './upstream.ts'

/** Runs a model that lives in this process through the same handlers as one on the network. */
export function runLocal(
  target: Target & { local: NonNullable<Target['local']> },
  path: string,
  body: Readonly<Record<string, unknown>>,
  handlers: UpstreamHandlers,
): UpstreamCall {
  const controller = new AbortController()
  let ended = false
  let gate: { promise: Promise<void>; open: () => void } | null = null

  const run = async (): Promise<void> => {
    const answer = target.local(body, controller.signal, path)
    handlers.head(answer.status, answer.headers)
    for await (const bytes of answer.body) {
      if (ended) return
      handlers.data(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      if (gate) await gate.promise
    }
    if (ended) return
    ended = true
    handlers.end()
  }
  // Started in a later turn, so that handlers find the call they belong to.
  setImmediate(() => {
    if (ended) return
    run().catch(error => {
      if (ended) return
      ended = true
      handlers.fail(
        isCatalogued(error) ? new GatewayError('GW_INTERNAL', { cause: error }) : upstreamError(error, target),
      )
    })
  })

  return {
    pause() {
      if (gate) return
      let open = (): void => {}
      const promise = new Promise<void>(resolve => {
        open = resolve
      })
      gate = { promise, open }
    },
    resume() {
      gate?.open()
      gate = null
    },
    abort() {
      if (ended) return
      ended = true
      controller.abort()
      gate?.open()
    },
    get ended() {
      return ended
    },
  }
}
