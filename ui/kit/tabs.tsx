import type { ComponentChildren } from 'preact'

export interface Tab {
  readonly href: string
  readonly title: string
  readonly current?: boolean
  readonly count?: ComponentChildren
}

/** Views of one thing; each is an address. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(tab => (
        <a key={tab.href} href={tab.href} aria-current={tab.current ? 'true' : undefined}>
          {tab.title}
          {tab.count !== undefined && <span class="n">{tab.count}</span>}
        </a>
      ))}
    </nav>
  )
}
