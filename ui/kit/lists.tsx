import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'
import { SeverityMark } from './marks.tsx'

export interface TimelineItem {
  readonly key: string
  readonly text: ComponentChildren
  readonly note?: ComponentChildren
  readonly time: ComponentChildren
  readonly severity?: string | undefined
}

/** What happened, newest first, past tense. Square marks carry severity. */
export function Timeline({ items }: { items: readonly TimelineItem[] }) {
  return (
    <ol class="timeline">
      {items.map(item => (
        <li key={item.key} data-sev={item.severity}>
          <div>
            {item.text}
            {item.note && <div class="sub">{item.note}</div>}
          </div>
          {item.time}
        </li>
      ))}
    </ol>
  )
}

export interface DiffLine {
  readonly op: '+' | '-' | ' '
  readonly text: string
}

/** A change before it is made. Scrolls inside itself. `note` says that nothing is written yet. */
export function Diff({ file, note, lines }: { file: string; note: ComponentChildren; lines: readonly DiffLine[] }) {
  let before = 0
  let after = 0
  return (
    <div class="diff-box">
      <div class="diff-head">
        <span class="mono">{file}</span>
        <span class="row end">{note}</span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
      <section class="diff" tabIndex={0} aria-label={`Change of ${file}`}>
        <ol>
          {lines.map((line, index) => {
            if (line.op !== '+') before += 1
            if (line.op !== '-') after += 1
            return (
              <li key={index} data-op={line.op}>
                <span class="ln">{line.op === '+' ? '' : before}</span>
                <span class="ln">{line.op === '-' ? '' : after}</span>
                <span class="sign">{line.op === '-' ? '−' : line.op}</span>
                <span>{line.text}</span>
              </li>
            )
          })}
        </ol>
      </section>
    </div>
  )
}

export interface FindingItem {
  /** Number that the marks in the text carry. */
  readonly ref: number
  readonly what: ComponentChildren
  readonly severity: string
  readonly points?: ComponentChildren
  readonly note?: ComponentChildren
}

/** Why a verdict came out as it did. Numbers match the marks in the text. */
export function Findings({ items }: { items: readonly FindingItem[] }) {
  return (
    <ol class="findings">
      {items.map(item => (
        <li key={item.ref}>
          <span class="ref">{item.ref}</span>
          <span class="what">{item.what}</span>
          <span class="row">
            <SeverityMark severity={item.severity} tone="plain" />
            {item.points && <span class="pts num">{item.points}</span>}
          </span>
          {item.note && <span class="sub">{item.note}</span>}
        </li>
      ))}
    </ol>
  )
}

/** Steps of work that runs: done, current, to come. */
export function Steps({
  items,
}: {
  items: readonly { key: string; state: 'done' | 'now' | 'next'; text: ComponentChildren; note?: ComponentChildren }[]
}) {
  return (
    <ol class="steps">
      {items.map(item => (
        <li key={item.key} aria-current={item.state === 'now' ? 'step' : undefined}>
          <Icon name={item.state === 'done' ? 'check' : item.state === 'now' ? 'disc' : 'circle'} />
          <span>
            {item.text}
            {item.note && <span class="sub">{item.note}</span>}
          </span>
        </li>
      ))}
    </ol>
  )
}
