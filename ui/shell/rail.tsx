import { can, Icon, session, useResource, useRoute } from 'clawnex/ui'
import type { PluginStatus } from '../../kernel/contract/index.ts'
import { AREAS, type AreaFacts, areaOf, HOUSE } from './areas.ts'
import type { Items } from './kernel-api.ts'
import { Slot } from './slot.tsx'

/** The areas, the house, and who looks. */
export function Rail() {
  const { path } = useRoute()
  const current = areaOf(path)
  return (
    <header class="rail">
      <a class="brand" href="/overview">
        <Icon name="claw" />
        <span>ClawNex</span>
      </a>
      <nav aria-label="Areas">
        {AREAS.map(facts => (
          <NavItem key={facts.area} facts={facts} isCurrent={facts.area === current} />
        ))}
        <div class="spacer" />
        {HOUSE.map(facts => (
          <NavItem key={facts.area} facts={facts} isCurrent={facts.area === current} />
        ))}
        <a class="nav-item" href="/help" title="Help (?)" aria-current={path === '/help' ? 'page' : undefined}>
          <Icon name="help" />
          <span class="label">Help</span>
          <span class="keys">
            <kbd>?</kbd>
          </span>
        </a>
      </nav>
      <Me />
    </header>
  )
}

function NavItem({ facts, isCurrent }: { facts: AreaFacts; isCurrent: boolean }) {
  const { area, title, icon, key } = facts
  return (
    <a class="nav-item" href={`/${area}`} title={`${title} (g ${key})`} aria-current={isCurrent ? 'page' : undefined}>
      <Icon name={icon} />
      <span class="label">{title}</span>
      {area === 'plugins' ? <PluginFaults /> : <Slot name={`rail.${area}`} />}
      <span class="keys">
        <kbd>g</kbd>
        <kbd>{key}</kbd>
      </span>
    </a>
  )
}

function PluginFaults() {
  const plugins = useResource<Items<PluginStatus>>(can('kernel.read') ? 'kernel/plugins' : null, {
    live: ['kernel.transaction'],
  })
  const faults = plugins.data?.items.filter(plugin => plugin.error !== null).length ?? 0
  if (faults === 0) return null
  return (
    <span class="n">
      {faults}
      <span class="sr"> {faults === 1 ? 'needs' : 'need'} attention</span>
    </span>
  )
}

function Me() {
  if (session.value.state !== 'open') return null
  const { name, permissions } = session.value.me
  const extent = permissions === '*' ? 'all rights' : `${permissions.length} rights`
  return (
    <a class="me" href="/settings" title={`${name}, ${extent}`}>
      <Icon name="user" />
      <span class="trunc">{name}</span>
      <span class="quiet small nowrap">{extent}</span>
    </a>
  )
}
