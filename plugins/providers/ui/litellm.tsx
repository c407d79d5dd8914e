import {
  type ApiProblem,
  AreaBox,
  api,
  Button,
  can,
  Facts,
  ms,
  ProblemLine,
  problemOf,
  Time,
  toast,
  useResource,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'
import { isBad, type LiteLlm, litellmWords } from './litellm-words.ts'

const useLiteLlm = () => useResource<LiteLlm>('providers/litellm', { every: 5_000 })

/** Its state in the status line. Nothing is said while it is switched off. */
export function LiteLlmState() {
  const status = useLiteLlm().data
  if (status === undefined || status.state === 'off') return null
  const isWell = status.state === 'ready' && status.detail === null
  return (
    <a class={isWell ? 'wide-only' : undefined} href="/agents" title={status.detail ?? 'LiteLLM'}>
      <span data-tone={isBad(status) ? 'warn' : undefined}>{litellmWords(status)}</span>
    </a>
  )
}

/** LiteLLM below the list of providers: what it does, what it waits for, and its restart. */
export function LiteLlmBox() {
  const resource = useLiteLlm()
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const status = resource.data
  if (status === undefined) return null

  async function order(name: 'restart' | 'provision', done: string): Promise<void> {
    try {
      resource.put(await api.post<LiteLlm>(`providers/litellm/${name}`))
      setProblem(null)
      toast(done)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  const mayOrder = can('providers.manage') && status.state !== 'off'
  const isMissing = status.version === null
  return (
    <AreaBox title="LiteLLM" note={litellmWords(status).replace('LiteLLM ', '')}>
      <p class="prose">
        {status.state === 'off'
          ? 'Switched off for this run. Providers are called directly, in their own dialect.'
          : 'Runs behind the gateway, which judges every call before it. It translates between dialects.'}
      </p>
      {status.detail !== null && <p class="prose">{status.detail}</p>}
      {status.state === 'ready' && (
        <Facts
          items={[
            ['Version', status.version ?? 'unknown'],
            ['Port', <span class="mono">{status.port}</span>],
            ['Adds to a call', status.addedMs === null ? 'unknown' : `${ms(status.addedMs)}, measured at its start`],
            ...(status.since === null ? [] : [['Serves since', <Time at={status.since} as="when" />] as const]),
            ['Ended by itself', status.crashes === 0 ? 'never' : `${status.crashes} times`],
          ]}
        />
      )}
      {mayOrder && (
        <div class="row mt-2" data-wrap="">
          {isMissing ? (
            <Button onClick={() => order('provision', 'LiteLLM is being looked for')}>Install LiteLLM</Button>
          ) : (
            <Button onClick={() => order('restart', 'A new LiteLLM starts; calls go on')}>Restart LiteLLM</Button>
          )}
        </div>
      )}
      <ProblemLine problem={problem} />
    </AreaBox>
  )
}
