import {
  type ApiProblem,
  api,
  Button,
  can,
  Facts,
  Inspector,
  ProblemLine,
  problemOf,
  reloadResources,
  Sect,
  Time,
  Timeline,
  toast,
  useInspector,
  useKeys,
} from 'clawnex/ui'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { ErrorReport, PluginStatus, TransactionReport } from '../../../../kernel/contract/index.ts'
import { updateFaults } from '../../registry.ts'
import { PluginStateMark } from '../plugins.tsx'

export interface PluginInspectorProps {
  readonly plugin: PluginStatus
  readonly all: readonly PluginStatus[]
  /** Its own reloads, newest first. */
  readonly reloads: readonly TransactionReport[]
  readonly position: string
}

const TABS = [
  { key: '', title: 'Health' },
  { key: 'owns', title: 'Owns' },
  { key: 'rights', title: 'Rights' },
] as const

/** One plugin: what went wrong, its generations, what it owns and needs. */
export function PluginInspector({ plugin, all, reloads, position }: PluginInspectorProps) {
  const { tab } = useInspector()
  return (
    <Inspector
      label={`Plugin ${plugin.id}`}
      id={`plugin:${plugin.id}`}
      position={position}
      title={titleOf(plugin)}
      chips={
        <>
          <PluginStateMark plugin={plugin} />
          <span class="quiet">{chipOf(plugin)}</span>
        </>
      }
      tabs={TABS}
      foot={<ReloadFoot plugin={plugin} all={all} />}
    >
      {tab === 'owns' ? (
        <Owns plugin={plugin} />
      ) : tab === 'rights' ? (
        <Rights plugin={plugin} />
      ) : (
        <Health plugin={plugin} all={all} reloads={reloads} />
      )}
    </Inspector>
  )
}

function titleOf(plugin: PluginStatus): string {
  if (plugin.error === null) return `${plugin.title} ${plugin.version}`
  return `${plugin.id} ${plugin.version} failed at ${plugin.error.phase ?? 'load'}`
}

function chipOf(plugin: PluginStatus): ComponentChildren {
  const serving = plugin.generations.find(({ generation }) => generation === plugin.generation)
  if (plugin.error !== null && serving) {
    return (
      <>
        <Time at={plugin.error.at} as="when" />, generation {serving.generation} keeps serving {serving.version}
      </>
    )
  }
  if (plugin.error !== null) return <>nothing of it serves</>
  return serving ? (
    <>
      generation {serving.generation}, since <Time at={serving.since} as="when" />
    </>
  ) : null
}

function Health({ plugin, all, reloads }: Pick<PluginInspectorProps, 'plugin' | 'all' | 'reloads'>) {
  const fault = updateFaults.value.get(plugin.id)
  return (
    <>
      {plugin.error && <WentWrong error={plugin.error} />}
      {fault && (
        <Sect title="Page update failed here">
          <p class="prose">
            The page of {fault.version} did not load in this browser; the one before is still shown. {fault.message}
          </p>
        </Sect>
      )}
      {plugin.summary && (
        <Sect title="What it does">
          <p class="prose">{plugin.summary}</p>
        </Sect>
      )}
      <Sect title="Generations">
        <Timeline items={generationItems(plugin, reloads)} />
      </Sect>
      <Sect title="Needs">
        <Needs plugin={plugin} all={all} />
      </Sect>
    </>
  )
}

function WentWrong({ error }: { error: ErrorReport }) {
  return (
    <Sect title="What went wrong" note={<span class="mono">{error.code}</span>}>
      <p class="prose">
        {error.message} {error.detail}
      </p>
      {error.trace && (
        <div class="code mt-3">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll inside, so the keyboard must reach them. */}
          <section class="snippet-body" tabIndex={0} aria-label="Error text">
            <pre>{error.trace}</pre>
          </section>
        </div>
      )}
      <p class="mt-3">{error.action}</p>
    </Sect>
  )
}

const WORDS: Readonly<Record<string, string>> = {
  active: 'active',
  draining: 'draining',
  retired: 'retired and collected',
  failed: 'failed',
  staged: 'staged',
  starting: 'starting',
}

function generationItems(plugin: PluginStatus, reloads: readonly TransactionReport[]) {
  const known = [...plugin.generations].sort((a, b) => b.generation - a.generation)
  const failures = reloads.filter(report => report.result === 'failed' && report.error !== null)
  const lastGood = known[0]?.since ?? 0
  const failed = failures
    .filter(report => report.startedAt > lastGood && !known.some(entry => entry.state === 'failed'))
    .slice(0, 1)
    .map(report => ({
      key: `failed ${report.id}`,
      severity: 'critical',
      text: <>A load failed at {report.error?.phase ?? 'load'}</>,
      note: `${report.error?.code}, 0 requests reached it`,
      time: <Time at={report.startedAt} as="when" />,
    }))
  const rows = known.map(({ generation, version, state, pins, since }) => ({
    key: String(generation),
    severity: state === 'failed' ? 'critical' : undefined,
    text: (
      <>
        <span class="strong">{generation}</span>, {version}, {WORDS[state] ?? state}
      </>
    ),
    note: pins > 0 ? `${pins} in use` : undefined,
    time: <Time at={since} as="when" />,
  }))
  return [...failed, ...rows]
}

function Needs({ plugin, all }: Pick<PluginInspectorProps, 'plugin' | 'all'>) {
  const has = (id: string): string => {
    const other = all.find(entry => entry.id === id)
    return other === undefined ? 'absent' : `has ${other.version}`
  }
  const row = ([id, range]: readonly [string, string], soft: boolean): readonly [string, ComponentChildren] => [
    id,
    <>
      <code>{range}</code>{' '}
      <span class="quiet">
        {has(id)}
        {soft && ', may be absent'}
      </span>
    </>,
  ]
  const neededBy = all.filter(entry => plugin.id in entry.needs).map(entry => entry.id)
  return (
    <Facts
      items={[
        ...Object.entries(plugin.needs).map(entry => row(entry, false)),
        ...Object.entries(plugin.wants).map(entry => row(entry, true)),
        ['Needed by', neededBy.length === 0 ? <span class="quiet">nothing</span> : neededBy.join(', ')],
      ]}
    />
  )
}

function Owns({ plugin }: { plugin: PluginStatus }) {
  const { routes, migrations, services, points, jobs, effects, ui, gateway } = plugin.owns
  const list = (items: readonly string[]): ComponentChildren =>
    items.length === 0 ? (
      <span class="quiet">none</span>
    ) : (
      items.map(item => (
        <code key={item} class="sub">
          {item}
        </code>
      ))
    )
  return (
    <Sect title="Owns" note="undone with the generation">
      <Facts
        items={[
          ['Routes', list(routes)],
          ['Migrations', list(migrations)],
          ['Services', list(services)],
          ['Points', list(points)],
          ['Jobs', list(jobs)],
          ['Effects', list(effects)],
          ['Page', ui ? 'yes' : 'none'],
          ['In the gateway', gateway ? 'yes' : 'no'],
        ]}
      />
    </Sect>
  )
}

function Rights({ plugin }: { plugin: PluginStatus }) {
  return (
    <>
      <Sect title="Asks for" note="with its reasons">
        <Facts
          items={plugin.capabilities.map(({ name, scope, reason }) => [
            name,
            `${reason}${scope ? ` Only ${scope.join(', ')}.` : ''}`,
          ])}
        />
      </Sect>
      <Sect title="Rights it brings">
        <ul class="rel">
          {plugin.permissions.map(({ name, title }) => (
            <li key={name}>
              <span class="strong">{title}</span>
              <code class="sub">{name}</code>
            </li>
          ))}
        </ul>
      </Sect>
    </>
  )
}

function ReloadFoot({ plugin, all }: Pick<PluginInspectorProps, 'plugin' | 'all'>) {
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const mayReload = can('kernel.plugins')
  const others = all.filter(entry => plugin.id in entry.needs).length
  const reload = async (): Promise<void> => {
    if (!mayReload) return
    setProblem(null)
    try {
      const report = await api.post<TransactionReport>(`kernel/plugins/${encodeURIComponent(plugin.id)}/reload`)
      toast(`${plugin.id} ${report.to?.version ?? ''} reloaded as generation ${report.to?.generation ?? ''}`)
    } catch (error) {
      setProblem(problemOf(error))
    }
    reloadResources('kernel/')
  }
  useKeys([{ key: 'r', label: `reload ${plugin.id}`, run: () => void reload() }])
  return (
    <>
      <ProblemLine problem={problem} />
      <Button
        kind="primary"
        icon="reload"
        hint="r"
        disabled={!mayReload || plugin.state === 'stuck'}
        onClick={reload}
        data-actions=""
      >
        Reload {plugin.version}
      </Button>
      <span class="quiet small end">
        {mayReload
          ? others === 0
            ? 'Rebuilds no other plugin'
            : `Also rebuilds ${others} that need it`
          : 'Needs the right kernel.plugins'}
      </span>
    </>
  )
}
