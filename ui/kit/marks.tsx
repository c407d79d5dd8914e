import type { ComponentChildren } from 'preact'
import { Icon, type IconName } from './icon.tsx'

const VERDICTS: Readonly<Record<string, readonly [IconName, string]>> = {
  allow: ['allow', 'Allow'],
  review: ['review', 'Review'],
  redact: ['redact', 'Redact'],
  block: ['block', 'Block'],
  error: ['error', 'Error'],
  bypass: ['bypass', 'Bypassed'],
}

/** Square and word. The fill of the square says it, the hue repeats it; allow stays neutral. */
export function Verdict({ verdict }: { verdict: string }) {
  const [icon, word] = VERDICTS[verdict] ?? ['none', verdict]
  return (
    <span class="verdict" data-v={verdict}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

const SEVERITIES: Readonly<Record<string, readonly [IconName, string]>> = {
  critical: ['critical', 'Critical'],
  high: ['high', 'High'],
  medium: ['medium', 'Medium'],
  low: ['low', 'Low'],
  info: ['info', 'Info'],
}

/** Glyph and word. `calm` for severity as an attribute (a rule at rest), `plain` inside an open event. */
export function SeverityMark({ severity, tone }: { severity: string; tone?: 'calm' | 'plain' }) {
  const [icon, word] = SEVERITIES[severity] ?? ['info', severity]
  return (
    <span class="sev" data-sev={severity} data-tone={tone}>
      <Icon name={icon} />
      {word}
    </span>
  )
}

export type Tone = 'warn' | 'bad' | 'work' | 'done'

/** State of a thing with its glyph; without a tone it is healthy and has no colour. */
export function State({
  icon,
  tone,
  children,
}: {
  icon: IconName
  tone?: Tone | undefined
  children: ComponentChildren
}) {
  return (
    <span class="state" data-tone={tone}>
      <Icon name={icon} />
      {children}
    </span>
  )
}

/** A word that qualifies a value: estimated, demo. */
export function Tag({ tone, children }: { tone?: 'warn' | 'bad'; children: ComponentChildren }) {
  return (
    <span class="tag" data-tone={tone}>
      {children}
    </span>
  )
}

/** Where a number comes from and how old it is; link the source. */
export function Prov({ children }: { children: ComponentChildren }) {
  return <p class="prov">{children}</p>
}

/** How firmly a fact is known. */
export function Provenance({ how }: { how: 'runtime' | 'config' | 'file' | 'inferred' | 'unknown' }) {
  return (
    <span class="pv" data-p={how}>
      {how}
    </span>
  )
}

/** Count beside an area in the rail; coloured for critical only. */
export function RailCount({ value, label, critical }: { value: number; label: string; critical?: boolean }) {
  if (value === 0) return null
  return (
    <span class="n" data-sev={critical ? 'critical' : undefined}>
      {value}
      <span class="sr"> {label}</span>
    </span>
  )
}
