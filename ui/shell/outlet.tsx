import { can, Icon, Page, useRoute } from 'clawnex/ui'
import type { ComponentType } from 'preact'
import { exec } from 'preact-iso'
import { areaOf } from './areas.ts'
import { Boundary } from './boundary.tsx'
import { HelpPage } from './pages/help.tsx'
import { HomePage } from './pages/home.tsx'
import { MissingPage } from './pages/missing.tsx'
import { MorePage } from './pages/more.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { PluginsPage } from './pages/plugins.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { StartPage } from './pages/start.tsx'
import { type Contributed, isUiKnown, pagePath, pages, updateFaults } from './registry.ts'

/** Pages of the shell itself. They win over contributions of the same address. */
const OWN: Readonly<Record<string, ComponentType>> = {
  '/': HomePage,
  '/start': StartPage,
  '/overview': OverviewPage,
  '/plugins': PluginsPage,
  '/settings': SettingsPage,
  '/help': HelpPage,
  '/more': MorePage,
}

const SHELL = { plugin: 'shell', version: '', hash: '' }

/** The page of the address. */
export function Outlet() {
  const { path } = useRoute()
  const Own = Object.hasOwn(OWN, path) ? OWN[path] : undefined
  if (Own !== undefined) {
    return (
      <Boundary key={path} source={SHELL} what="page" frame={inFrame}>
        <Own />
      </Boundary>
    )
  }
  return <ContributedPage path={path} />
}

const inFrame = (message: preact.ComponentChildren) => (
  <Page title="Failed" head={false}>
    {message}
  </Page>
)

function ContributedPage({ path }: { path: string }) {
  const found = match(path)
  if (found === null) return isUiKnown.value ? <MissingPage path={path} area={areaOf(path)} /> : <Waiting />
  const { page, params } = found
  const { source, component: Shown } = page
  if (!can(page.permission)) return <MissingPage path={path} area={page.area} needs={page.permission ?? ''} />
  const fault = updateFaults.value.get(source.plugin)
  return (
    <Boundary key={`${source.hash} ${pagePath(page)}`} source={source} what="page" frame={inFrame}>
      {fault && (
        <div class="fault fault-page" role="status">
          <Icon name="x" />
          <span>
            Update failed: <b>{fault.plugin}</b> {fault.version} did not load here ({fault.message}). {source.version}{' '}
            is still shown.
          </span>
        </div>
      )}
      <Shown params={params} />
    </Boundary>
  )
}

function match(
  path: string,
): { page: Contributed<import('clawnex/ui').PageDefinition>; params: Record<string, string> } | null {
  for (const page of pages.value) {
    const found = exec(path, pagePath(page)) as { params?: Record<string, string> } | undefined
    if (found !== undefined) return { page, params: found.params ?? {} }
  }
  return null
}

/** Until the modules are here nothing is known to be missing. */
function Waiting() {
  return (
    <Page title="ClawNex" head={false}>
      <p class="sr">Loading</p>
    </Page>
  )
}
