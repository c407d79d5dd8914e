import type { ComponentChildren } from 'preact'
import { stepInspector, useInspector } from '../sdk/inspector.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'
import { Id } from './id.tsx'
import { Tabs } from './tabs.tsx'

export interface InspectorProps {
  /** What is open, in words: "Call 01JD…". */
  label: string
  /** Shown to copy; absent for things without one. */
  id?: string
  /** A sentence: "Blocked before the model". */
  title: string
  /** Chips below the title: verdict, who, when. */
  chips?: ComponentChildren
  /** `['', 'Prompt']` and so on; the first is the default. */
  tabs?: readonly { readonly key: string; readonly title: string; readonly count?: ComponentChildren }[]
  /** Position in the list: "13 of 824". */
  position?: string
  /** Buttons at the foot; they never scroll away. */
  foot?: ComponentChildren
  children?: ComponentChildren
}

/** The pane at the right: what happened, the fix, why, facts, timeline, in this order. Full screen below 760 px. */
export function Inspector({ label, id, title, chips, tabs, position, foot, children }: InspectorProps) {
  const inspector = useInspector()
  const current = tabs?.find(tab => tab.key === inspector.tab) ?? tabs?.[0]
  return (
    <aside class="inspector" data-shown="" aria-label={label}>
      <header class="insp-head">
        <div class="row">
          <button class="btn narrow-only" data-kind="quiet" type="button" onClick={inspector.close}>
            <Icon name="left" small />
            Back
          </button>
          {id && <Id value={id} />}
          {position && <span class="quiet small wide-only">{position}</span>}
          <span class="end row">
            <Button kind="quiet" icon="up" label="Previous ([)" onClick={() => stepInspector(-1)} />
            <Button kind="quiet" icon="chev" label="Next (])" onClick={() => stepInspector(1)} />
            <span class="wide-only">
              <Button kind="quiet" icon="x" label="Close (Esc)" onClick={inspector.close} />
            </span>
          </span>
        </div>
        <h2>{title}</h2>
        {chips && (
          <div class="row" data-wrap="">
            {chips}
          </div>
        )}
      </header>
      {tabs && tabs.length > 1 && (
        <Tabs
          label={label}
          tabs={tabs.map(tab => ({
            title: tab.title,
            href: inspector.tabHref(tab.key),
            current: tab === current,
            ...(tab.count === undefined ? {} : { count: tab.count }),
          }))}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the body scrolls, so the keyboard must reach it. */}
      <section class="insp-body" tabIndex={0} aria-label={current?.title ?? label}>
        {children}
      </section>
      {foot && <footer class="insp-foot">{foot}</footer>}
    </aside>
  )
}

/** A section of the inspector. `note` stands at the right of the heading. */
export function Sect({
  title,
  note,
  children,
}: {
  title: string
  note?: ComponentChildren
  children?: ComponentChildren
}) {
  return (
    <section class="sect">
      <h3>
        {title}
        {note && <span class="quiet">{note}</span>}
      </h3>
      {children}
    </section>
  )
}
