import {
  type Column,
  can,
  count,
  Failed,
  type GenerationMark,
  Gens,
  type IconName,
  listOf,
  Page,
  State,
  Table,
  Time,
  type Tone,
  useInspector,
  useResource,
  useRoute,
} from 'clawnex/ui'
import type { PluginStatus, TransactionReport } from '../../../kernel/contract/index.ts'
import type { Items } from '../kernel-api.ts'
import { updateFaults } from '../registry.ts'
import { PluginInspector } from './plugins/inspector.tsx'
import { EarlierReloads, LastReload } from './plugins/reloads.tsx'

const LIVE = { live: ['kernel.transaction', 'kernel.ui'] } as const

/** Plugins, their generations, and what the last reload did. */
export function PluginsPage() {
  const { id } = useInspector()
  const { query } = useRoute()
  const plugins = useResource<Items<PluginStatus>>('kernel/plugins', LIVE)
  const transactions = useResource<Items<TransactionReport>>('kernel/transactions', LIVE)
  const inspector = useInspector()
  const items = plugins.data?.items ?? []
  const opened = items.find(plugin => plugin.id === id)
  const isLog = query['view'] === 'log'
  const reloads = transactions.data?.items ?? []
  return (
    <Page
      title="Plugins"
      tabs={[
        { title: 'Loaded', href: '/plugins', current: !isLog, count: items.length },
        { title: 'Reload log', href: '/plugins?view=log', current: isLog, count: reloads.length },
      ]}
      inspector={
        opened && (
          <PluginInspector
            key={opened.id}
            plugin={opened}
            all={items}
            reloads={reloads.filter(report => report.plugin === opened.id)}
            position={`${items.indexOf(opened) + 1} of ${items.length}`}
          />
        )
      }
    >
      {!isLog && (
        <Table
          caption="Plugins and their generations"
          columns={COLUMNS}
          {...listOf(plugins)}
          rowKey={plugin => plugin.id}
          href={plugin => inspector.href(plugin.id)}
          open={id}
          empty={plugins.error && <Failed problem={plugins.error} what="plugins" retry={plugins.reload} />}
        />
      )}
      {!isLog && reloads[0] && <LastReload report={reloads[0]} />}
      <EarlierReloads
        title={isLog ? 'Reloads since start' : 'Earlier reloads'}
        reloads={isLog ? reloads : reloads.slice(1, 9)}
        error={transactions.error}
        retry={transactions.reload}
      />
    </Page>
  )
}

const STATES: Readonly<Record<string, readonly [IconName, string, Tone?]>> = {
  active: ['circle', 'Active'],
  verified: ['disc', 'Verified', 'work'],
  staged: ['reload', 'Staged', 'work'],
  starting: ['reload', 'Starting', 'work'],
  draining: ['reload', 'Draining', 'work'],
  retired: ['info', 'Retired'],
  failed: ['x', 'Failed', 'bad'],
  quarantined: ['lock', 'Quarantined', 'bad'],
  stuck: ['lock', 'Stuck', 'bad'],
  absent: ['info', 'Absent', 'warn'],
}

/** The state of the last load; a plugin whose new version failed reads failed while the old one serves. */
export function PluginStateMark({ plugin }: { plugin: PluginStatus }) {
  const shown = plugin.error !== null && plugin.state === 'active' ? 'failed' : plugin.state
  const [icon, word, tone] = STATES[shown] ?? ['info', plugin.state]
  return (
    <State icon={icon} tone={tone}>
      {word}
    </State>
  )
}

export function generationMarks(plugin: PluginStatus): GenerationMark[] {
  const marks = plugin.generations
    .filter(({ state }) => state === 'active' || state === 'draining')
    .map(({ generation, state }) => ({ generation, state: state === 'active' ? ('on' as const) : ('drain' as const) }))
  const failed = plugin.generations.filter(({ state }) => state === 'failed').at(-1)
  return failed && plugin.error !== null ? [...marks, { generation: failed.generation, state: 'bad' }] : marks
}

function noteOf(plugin: PluginStatus): string {
  const draining = plugin.generations.find(({ state }) => state === 'draining')
  const serving = plugin.generations.find(({ generation }) => generation === plugin.generation)
  const fault = updateFaults.value.get(plugin.id)
  if (plugin.error !== null && plugin.generation > 0) return `${serving?.version ?? plugin.version} serves`
  if (plugin.error !== null) return plugin.error.code
  if (draining) return `${draining.generation} drains, ${count(draining.pins, 'pin')}`
  if (fault) return 'page update failed here'
  return plugin.builtin ? '' : 'from the data folder'
}

function loadedAt(plugin: PluginStatus): number | null {
  return (
    plugin.generations.find(({ generation }) => generation === plugin.generation)?.since ?? plugin.error?.at ?? null
  )
}

const COLUMNS: readonly Column<PluginStatus>[] = [
  { key: 'id', label: 'Plugin', width: 'col-plug', place: 'main', cell: plugin => plugin.id },
  { key: 'version', label: 'Version', width: 'col-2', mono: true, cell: plugin => plugin.version },
  { key: 'state', label: 'State', width: 'col-4', place: 'lead', cell: plugin => <PluginStateMark plugin={plugin} /> },
  {
    key: 'generation',
    label: 'Generation',
    width: 'col-gen',
    short: 'generation',
    cell: plugin => <Gens items={generationMarks(plugin)} />,
  },
  { key: 'note', label: 'Note', quiet: true, cell: noteOf },
  {
    key: 'loaded',
    label: 'Loaded',
    width: 'col-load',
    num: true,
    quiet: true,
    place: 'end',
    cell: plugin => {
      const at = loadedAt(plugin)
      return at === null ? null : <Time at={at} as="when" />
    },
  },
]

export const mayReload = (): boolean => can('kernel.plugins')
