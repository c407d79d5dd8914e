import { type Area, can, Empty, Page, useResource } from 'clawnex/ui'
import type { PluginStatus } from '../../../kernel/contract/index.ts'
import { ALL_AREAS } from '../areas.ts'
import type { Items } from '../kernel-api.ts'
import { updateFaults } from '../registry.ts'

export interface MissingPageProps {
  readonly path: string
  readonly area: Area | null
  /** Permission that the person lacks. */
  readonly needs?: string
}

/** An address nothing fills: which plugin would, what became of it, or that nothing is there at all. */
export function MissingPage({ path, area, needs }: MissingPageProps) {
  const facts = ALL_AREAS.find(entry => entry.area === area)
  const plugins = useResource<Items<PluginStatus>>(can('kernel.read') ? 'kernel/plugins' : null, {
    live: ['kernel.transaction'],
  })
  if (facts === undefined || (needs === undefined && path !== `/${facts.area}`)) return <NotFound path={path} />
  if (needs !== undefined) {
    return (
      <Page title={facts.title}>
        <Empty kind="denied" title={`You cannot see ${facts.title}`}>
          This needs the right <b>{needs}</b>. Whoever holds all rights can grant it.
        </Empty>
      </Page>
    )
  }
  const plugin = plugins.data?.items.find(entry => entry.id === facts.plugin)
  return (
    <Page title={facts.title}>
      <MissingPlugin about={facts.about} id={facts.plugin} plugin={plugin} />
    </Page>
  )
}

function MissingPlugin({ about, id, plugin }: { about: string; id: string; plugin: PluginStatus | undefined }) {
  const fault = updateFaults.value.get(id)
  const toPlugin = (
    <a class="link" href={`/plugins?open=${id}`}>
      See it under Plugins
    </a>
  )
  if (fault !== undefined) {
    return (
      <Empty kind="down" title={`The page of ${id} did not load in this browser`} actions={toPlugin}>
        {fault.message}
      </Empty>
    )
  }
  if (plugin === undefined) {
    return (
      <Empty
        kind="none"
        icon="plugins"
        title={`Comes with the plugin ${id}`}
        actions={
          <a class="link" href="/plugins">
            See the plugins
          </a>
        }
      >
        {about} This installation has no plugin that fills this area.
      </Empty>
    )
  }
  if (plugin.generation === 0) {
    return (
      <Empty kind="down" title={`${id} is not running`} actions={toPlugin}>
        {about} {plugin.error?.message} {plugin.error?.action}
      </Empty>
    )
  }
  return (
    <Empty kind="none" icon="plugins" title={`${id} has no page here yet`} actions={toPlugin}>
      {about} The plugin {id} {plugin.version} runs and does its work without a page.
    </Empty>
  )
}

function NotFound({ path }: { path: string }) {
  return (
    <Page title="Not found">
      <Empty
        kind="match"
        title="Nothing lives at this address"
        actions={
          <a class="link" href="/overview">
            Go to the overview
          </a>
        }
      >
        <code>{path}</code> is neither an area nor a page of a running plugin.
      </Empty>
    </Page>
  )
}
