import { Page, useRoute } from 'clawnex/ui'
import type { ComponentType } from 'preact'
import { Boundary } from '../boundary.tsx'
import { panelsOf, type Source } from '../registry.ts'
import { BrowserSection } from './settings/browser.tsx'
import { SystemSection } from './settings/system.tsx'

interface Section {
  readonly key: string
  readonly title: string
  readonly source: Source | null
  readonly component: ComponentType
}

const slug = (title: string): string => title.toLowerCase().replace(/[^a-z0-9]+/g, '-')

/** Sections of the plugins, then those of the shell. Each is an address. */
function sections(): readonly Section[] {
  const contributed = panelsOf('settings.sections').map(panel => ({
    key: slug(panel.title ?? panel.source.plugin),
    title: panel.title ?? panel.source.plugin,
    source: panel.source,
    component: panel.component,
  }))
  return [
    ...contributed,
    { key: 'browser', title: 'This browser', source: null, component: BrowserSection },
    { key: 'system', title: 'System', source: null, component: SystemSection },
  ]
}

export function SettingsPage() {
  const { query } = useRoute()
  const all = sections()
  const current = all.find(section => section.key === query['section']) ?? all[0]
  return (
    <Page title="Settings" area="settings">
      <div class="with-nav">
        <nav class="sub-nav" aria-label="Settings">
          <ul>
            {all.map(section => (
              <li key={section.key}>
                <a href={`/settings?section=${section.key}`} aria-current={section === current ? 'page' : undefined}>
                  {section.title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="gen-wrap">{current && <SectionBody section={current} />}</div>
      </div>
    </Page>
  )
}

function SectionBody({ section: { source, component: Body, key } }: { section: Section }) {
  if (source === null) return <Body key={key} />
  return (
    <Boundary key={`${key} ${source.hash}`} source={source} what="settings">
      <Body />
    </Boundary>
  )
}
