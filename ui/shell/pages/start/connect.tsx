import {
  type ApiProblem,
  api,
  Button,
  can,
  clock,
  ProblemLine,
  problemOf,
  reloadResources,
  Seg,
  Snippet,
  shortId,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'
import { EXAMPLES, type ExampleKind, exampleOf } from './examples.ts'
import type { Setup } from './setup.ts'

const PLACEHOLDER = 'YOUR_CLAWNEX_KEY'

/** Last step: the address, a key, and the lines that use them. Done when a call came that this page did not send. */
export function ConnectStep({ setup, isNow }: { setup: Setup; isNow: boolean }) {
  const [kind, setKind] = useState<ExampleKind>('curl')
  const [secret, setSecret] = useState<string | null>(null)
  const base = setup.status?.modelUrl ?? null
  if (setup.agent !== null) {
    return (
      <p class="prov">
        {setup.agent.key?.label ?? 'A key'} called {setup.agent.model}, seen as{' '}
        <a href={`/traffic?open=${encodeURIComponent(setup.agent.id)}`}>{shortId(setup.agent.id)}</a>,{' '}
        {clock(setup.agent.at)}
      </p>
    )
  }
  const { provider } = setup
  const target = provider?.models?.[0]
    ? { model: `${provider.id}/${provider.models[0]}`, dialect: provider.dialect }
    : { model: 'clawnex/demo', dialect: 'openai' as const }
  return (
    <>
      <p class={isNow ? undefined : 'quiet'}>
        Point anything that speaks the OpenAI or the Anthropic API at the gateway and give it a ClawNex key. The demo
        model answers until a provider does.
      </p>
      {base === null ? (
        <p class="quiet small mt-2">The gateway does not answer, so its address is unknown.</p>
      ) : (
        <>
          <div class="row mt-3" data-wrap="">
            <Seg<ExampleKind> label="Example in" options={EXAMPLES} value={kind} onChange={setKind} />
            {can('rbac.keys') && secret === null && <MakeKey primary={isNow} onMade={setSecret} />}
            {secret !== null && <span class="quiet small">The key is in the lines below. It is not shown again.</span>}
          </div>
          <Snippet label={`${kind} example`} text={exampleOf(kind, base, secret ?? PLACEHOLDER, target)} />
        </>
      )}
    </>
  )
}

function MakeKey({ primary, onMade }: { primary: boolean; onMade(secret: string): void }) {
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const make = async (): Promise<void> => {
    setProblem(null)
    try {
      const { secret } = await api.post<{ secret: string }>('rbac/keys', { name: 'first agent', kind: 'model' })
      reloadResources('rbac')
      onMade(secret)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  return (
    <>
      <Button {...(primary ? { kind: 'primary' as const } : {})} icon="plus" onClick={make}>
        Make a key
      </Button>
      <ProblemLine problem={problem} />
    </>
  )
}
