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
import type { Setup } from './setup.ts'

const PLACEHOLDER = 'YOUR_CLAWNEX_KEY'
const KINDS = [
  { value: 'curl', label: 'curl' },
  { value: 'python', label: 'Python' },
  { value: 'node', label: 'Node' },
] as const
type Kind = (typeof KINDS)[number]['value']

/** Last step: the address, a key, and the lines that use them. Done when a call came that this page did not send. */
export function ConnectStep({ setup, isNow }: { setup: Setup; isNow: boolean }) {
  const [kind, setKind] = useState<Kind>('curl')
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
  const model = setup.provider?.models?.[0] ? `${setup.provider.id}/${setup.provider.models[0]}` : 'clawnex/demo'
  return (
    <>
      <p class={isNow ? undefined : 'quiet'}>
        Point anything that speaks the OpenAI chat API at the gateway and give it a ClawNex key. The demo model answers
        until a provider does.
      </p>
      {base === null ? (
        <p class="quiet small mt-2">The gateway does not answer, so its address is unknown.</p>
      ) : (
        <>
          <div class="row mt-3" data-wrap="">
            <Seg<Kind> label="Example in" options={KINDS} value={kind} onChange={setKind} />
            {can('rbac.keys') && secret === null && <MakeKey primary={isNow} onMade={setSecret} />}
            {secret !== null && <span class="quiet small">The key is in the lines below. It is not shown again.</span>}
          </div>
          <Snippet label={`${kind} example`} text={exampleOf(kind, base, secret ?? PLACEHOLDER, model)} />
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

function exampleOf(kind: Kind, base: string, key: string, model: string): string {
  if (kind === 'curl') {
    return [
      `curl ${base}/v1/chat/completions \\`,
      `  -H "Authorization: Bearer ${key}" \\`,
      `  -H "Content-Type: application/json" \\`,
      `  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
    ].join('\n')
  }
  if (kind === 'python') {
    return [
      'from openai import OpenAI',
      `client = OpenAI(base_url="${base}/v1", api_key="${key}")`,
      'answer = client.chat.completions.create(',
      `    model="${model}", messages=[{"role": "user", "content": "Hello"}])`,
      'print(answer.choices[0].message.content)',
    ].join('\n')
  }
  return [
    "import OpenAI from 'openai'",
    `const client = new OpenAI({ baseURL: '${base}/v1', apiKey: '${key}' })`,
    'const answer = await client.chat.completions.create({',
    `  model: '${model}', messages: [{ role: 'user', content: 'Hello' }] })`,
    'console.log(answer.choices[0].message.content)',
  ].join('\n')
}
