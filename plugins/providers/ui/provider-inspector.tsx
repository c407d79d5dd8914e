import {
  type ApiProblem,
  api,
  Button,
  can,
  Dialog,
  Facts,
  Field,
  Inspector,
  ms,
  type Option,
  Picks,
  ProblemLine,
  problemOf,
  Sect,
  Tag,
  Time,
  toast,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'
import { TestState } from './test-state.tsx'
import { forgetTest, tested, testProvider } from './tests.ts'
import type { Provider } from './types.ts'

const SOURCES: Readonly<Record<Provider['source'], string>> = {
  stored: 'stored here',
  run: 'given on the command line, for this run',
  builtin: 'built in',
}

const ROUTES: readonly Option<Provider['route']>[] = [
  {
    value: 'auto',
    label: 'Automatic',
    note: 'Through LiteLLM while it is ready, else direct when the dialects agree.',
  },
  { value: 'litellm', label: 'LiteLLM', note: 'Always translated. Calls are asked to retry while it is not ready.' },
  { value: 'direct', label: 'Direct', note: 'Never through LiteLLM. Calls must use the dialect of the provider.' },
]

interface Props {
  provider: Provider
  onChanged(): Promise<void>
  onRemoved(): void
}

export function ProviderInspector({ provider, onChanged, onRemoved }: Props) {
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const [removing, setRemoving] = useState(false)
  const test = tested.value.get(provider.id)
  const mayManage = can('providers.manage')
  const isStored = provider.source === 'stored'

  async function attempt(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act()
      setProblem(null)
      return true
    } catch (error) {
      setProblem(problemOf(error))
      return false
    }
  }

  const change = (body: Record<string, unknown>, done: string) =>
    attempt(async () => {
      await api.patch(`providers/${provider.id}`, body, { ifMatch: String(provider.version) })
      forgetTest(provider.id)
      toast(done)
      await onChanged()
    })

  return (
    <Inspector
      label={`Provider ${provider.id}`}
      id={`provider:${provider.id}`}
      title={provider.title}
      chips={
        <>
          <TestState provider={provider} />{' '}
          {provider.source !== 'stored' && <Tag>{provider.source === 'run' ? 'this run' : 'demo'}</Tag>}
        </>
      }
      foot={
        mayManage &&
        provider.source !== 'builtin' && (
          <>
            <Button kind="primary" onClick={() => attempt(() => testProvider(provider.id)).then(() => undefined)}>
              Test
            </Button>
            {isStored && (
              <Button
                onClick={() =>
                  change(
                    { enabled: !provider.enabled },
                    `${provider.title} switched ${provider.enabled ? 'off' : 'on'}`,
                  ).then(() => undefined)
                }
              >
                Switch {provider.enabled ? 'off' : 'on'}
              </Button>
            )}
            {isStored && (
              <Button kind="danger" onClick={() => setRemoving(true)}>
                Remove
              </Button>
            )}
          </>
        )
      }
    >
      <Sect title="Route">
        <Facts
          items={[
            ['Models as', <span class="mono">{provider.id}/…</span>],
            ['Address', provider.baseUrl === '' ? 'inside the gateway' : <span class="mono">{provider.baseUrl}</span>],
            ['Dialect', provider.dialect],
            ['Route', ROUTES.find(({ value }) => value === provider.route)?.label],
            ['Key', keyText(provider)],
            ['Models', provider.models === null ? 'every name' : provider.models.join(', ')],
            [
              'Waits',
              `${ms(provider.timeouts.firstByte)} for the first byte, ${ms(provider.timeouts.idle)} between bytes`,
            ],
            ['Kept', SOURCES[provider.source]],
            ...(provider.createdAt === null ? [] : [['Added', <Time at={provider.createdAt} as="when" />] as const]),
          ]}
        />
        <ProblemLine problem={problem} />
      </Sect>
      {test?.models != null && test.models.length > 0 && (
        <Sect title="Models it offers" note={<Time at={test.at} />}>
          <p class="mono small">
            {test.models.slice(0, 40).join(', ')}
            {test.models.length > 40 && ` and ${test.models.length - 40} more`}
          </p>
          {isStored && mayManage && (
            <div class="row mt-2" data-wrap="">
              <Button onClick={() => change({ models: test.models }, 'Limited to these models').then(() => undefined)}>
                Limit to these
              </Button>
              {provider.models !== null && (
                <Button
                  kind="quiet"
                  onClick={() => change({ models: null }, 'Every model name goes through').then(() => undefined)}
                >
                  Let every name through
                </Button>
              )}
            </div>
          )}
        </Sect>
      )}
      {isStored && mayManage && (
        <Sect title="Route of calls">
          <Picks
            legend="Route"
            options={ROUTES}
            value={provider.route}
            onChange={route => void change({ route }, 'Route changed')}
          />
        </Sect>
      )}
      {isStored && mayManage && <ReplaceKey provider={provider} onSave={key => change({ key }, 'Key sealed')} />}
      {removing && (
        <RemoveDialog
          provider={provider}
          onClose={() => setRemoving(false)}
          onRemove={() =>
            attempt(async () => {
              await api.del(`providers/${provider.id}`)
              toast(`${provider.title} removed`)
              onRemoved()
            })
          }
        />
      )}
    </Inspector>
  )
}

export function keyText({ keyLast4 }: Provider): string {
  if (keyLast4 === null) return 'none'
  return keyLast4 === '' ? 'sealed' : `sealed, ends with ${keyLast4}`
}

function ReplaceKey({ provider, onSave }: { provider: Provider; onSave(key: string): Promise<boolean> }) {
  const [key, setKey] = useState('')
  return (
    <Sect title={provider.keyLast4 === null ? 'Key' : 'Replace the key'}>
      <form
        class="form"
        aria-label="Key"
        onSubmit={event => {
          event.preventDefault()
          void onSave(key).then(saved => saved && setKey(''))
        }}
      >
        <Field
          label="API key"
          mono
          type="password"
          autoComplete="off"
          value={key}
          help="Sealed at once and never shown again."
          onInput={event => setKey(event.currentTarget.value)}
        />
        <Button type="submit" disabled={key === ''}>
          Seal key
        </Button>
      </form>
    </Sect>
  )
}

function RemoveDialog({
  provider,
  onClose,
  onRemove,
}: {
  provider: Provider
  onClose(): void
  onRemove(): Promise<boolean>
}) {
  return (
    <Dialog
      title={`Remove ${provider.title}`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button kind="danger" onClick={() => onRemove().then(onClose)}>
            Remove provider
          </Button>
        </>
      }
    >
      <p>Calls to {provider.id}/… are refused from now on, and its key is deleted. The calls on record stay.</p>
    </Dialog>
  )
}
