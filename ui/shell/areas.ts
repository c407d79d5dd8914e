import type { Area, IconName } from 'clawnex/ui'

export interface AreaFacts {
  readonly area: Area
  readonly title: string
  readonly icon: IconName
  /** Second key after `g`. */
  readonly key: string
  /** What the area will show, for when no plugin fills it. */
  readonly about: string
  /** Plugin that brings it. */
  readonly plugin: string
}

/** The eight areas and the two of the house, in the order of the rail. */
export const AREAS: readonly AreaFacts[] = [
  {
    area: 'inbox',
    title: 'Inbox',
    icon: 'inbox',
    key: 'i',
    plugin: 'alerts',
    about: 'Alerts and incidents that wait for a decision.',
  },
  {
    area: 'overview',
    title: 'Overview',
    icon: 'overview',
    key: 'o',
    plugin: 'traffic',
    about: 'The state of everything in one sentence.',
  },
  {
    area: 'traffic',
    title: 'Traffic',
    icon: 'traffic',
    key: 't',
    plugin: 'traffic',
    about: 'Every model call with its verdict, findings, tokens and time.',
  },
  {
    area: 'detections',
    title: 'Detections',
    icon: 'detections',
    key: 'd',
    plugin: 'shield',
    about: 'Rules of the shield, its mode, and a lab to try texts in.',
  },
  {
    area: 'posture',
    title: 'Posture',
    icon: 'posture',
    key: 'p',
    plugin: 'posture',
    about: 'How hard this host and the agents’ configuration are.',
  },
  {
    area: 'trust',
    title: 'Trust map',
    icon: 'trust',
    key: 'm',
    plugin: 'trust-audit',
    about: 'Who may reach what, and how firmly that is known.',
  },
  {
    area: 'agents',
    title: 'Agents',
    icon: 'agents',
    key: 'a',
    plugin: 'providers',
    about: 'Agents, their routes, and the providers behind them.',
  },
  {
    area: 'evidence',
    title: 'Evidence',
    icon: 'evidence',
    key: 'e',
    plugin: 'audit',
    about: 'The record nobody can quietly change, and reports from it.',
  },
]

export const HOUSE: readonly AreaFacts[] = [
  { area: 'plugins', title: 'Plugins', icon: 'plugins', key: 'x', plugin: '', about: '' },
  { area: 'settings', title: 'Settings', icon: 'settings', key: ',', plugin: '', about: '' },
]

export const ALL_AREAS: readonly AreaFacts[] = [...AREAS, ...HOUSE]

export const areaOf = (path: string): Area | null => {
  const first = path.split('/')[1] ?? ''
  if (first === 'start') return 'overview'
  return ALL_AREAS.find(({ area }) => area === first)?.area ?? null
}
