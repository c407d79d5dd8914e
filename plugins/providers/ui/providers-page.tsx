import {
  AreaBox,
  Button,
  type Column,
  can,
  Failed,
  Page,
  Snippet,
  setParams,
  Table,
  Tag,
  useInspector,
  useResource,
  useRoute,
} from 'clawnex/ui'
import { useEffect } from 'preact/hooks'
import { AddProvider } from './add-form.tsx'
import { LiteLlmBox } from './litellm.tsx'
import { ProviderInspector } from './provider-inspector.tsx'
import { TestState } from './test-state.tsx'
import type { Provider, ProviderList } from './types.ts'

/** What the inspector shows instead of a provider while one is added. */
const NEW = 'new'

const COLUMNS: readonly Column<Provider>[] = [
  { key: 'title', label: 'Provider', place: 'main', cell: provider => provider.title },
  {
    key: 'models',
    label: 'Models as',
    mono: true,
    quiet: true,
    optional: true,
    cell: provider => `${provider.id}/${provider.models?.length === 1 ? provider.models[0] : '…'}`,
  },
  {
    key: 'key',
    label: 'Key',
    width: 'col-4',
    short: 'key',
    cell: ({ keyLast4 }) =>
      keyLast4 === null ? <span class="quiet">none</span> : <span class="mono">••••{keyLast4}</span>,
  },
  { key: 'test', label: 'Last test', place: 'end', cell: provider => <TestState provider={provider} /> },
  {
    key: 'source',
    label: 'Kept',
    width: 'col-3',
    cell: ({ source }) =>
      source === 'stored' ? <span class="quiet">here</span> : <Tag>{source === 'run' ? 'this run' : 'demo'}</Tag>,
  },
]

/** Providers behind the gateway, and how an agent reaches them. `?add=1` opens the form. */
export function ProvidersPage() {
  const list = useResource<ProviderList>('providers', { every: 30_000 })
  const inspector = useInspector()
  const { query } = useRoute()
  useEffect(() => {
    if (query['add'] === '1') setParams({ add: null, open: NEW }, { replace: true })
  }, [query['add']])
  const open = list.data?.items.find(provider => provider.id === inspector.id)
  return (
    <Page
      title="Agents"
      area="agents"
      actions={
        can('providers.manage') && (
          <Button icon="plus" onClick={() => inspector.open(NEW)}>
            Add provider
          </Button>
        )
      }
      inspector={
        inspector.id === NEW && list.data !== undefined ? (
          <AddProvider
            presets={list.data.presets.filter(preset => !list.data?.items.some(item => item.id === preset.id))}
            onAdded={id => {
              void list.reload()
              inspector.open(id)
            }}
          />
        ) : (
          open !== undefined && (
            <ProviderInspector
              key={open.id}
              provider={open}
              onChanged={list.reload}
              onRemoved={() => {
                inspector.close()
                void list.reload()
              }}
            />
          )
        )
      }
    >
      <header class="area-head pad prov-head">
        <h2>Providers</h2>
        <span class="quiet small">keys sealed on this host</span>
      </header>
      <Table
        caption="Model providers"
        columns={COLUMNS}
        rows={list.data?.items}
        loading={list.loading}
        rowKey={provider => provider.id}
        href={provider => inspector.href(provider.id)}
        open={inspector.id}
        fixedHead
        empty={list.error !== null && <Failed problem={list.error} what="providers" retry={list.reload} />}
      />
      <LiteLlmBox />
      <Connect />
    </Page>
  )
}

/** How to point an agent at the model path. */
function Connect() {
  const status = useResource<{ modelUrl: string | null }>(can('kernel.read') ? 'kernel/status' : null)
  const base = `${status.data?.modelUrl ?? 'http://127.0.0.1:4001'}/v1`
  return (
    <AreaBox title="Connect an agent" note="any client of the OpenAI or the Anthropic API">
      <p class="prose">
        Give it this address and a ClawNex key from{' '}
        <a class="link" href="/settings?section=api-keys">
          Settings, API keys
        </a>
        . Every call then passes the shield and stands in Traffic.
      </p>
      <Snippet label="Address" text={base} />
      <Snippet
        label="Call"
        text={`curl ${base}/chat/completions \\\n  -H "Authorization: Bearer $CLAWNEX_KEY" -H 'Content-Type: application/json' \\\n  -d '{"model":"clawnex/demo","messages":[{"role":"user","content":"Say hello in five words."}]}'`}
      />
    </AreaBox>
  )
}
