import type { ComponentType } from 'preact'

/** The areas of the shell. Plugins add to them; nobody adds a ninth. */
export type Area =
  | 'inbox'
  | 'overview'
  | 'traffic'
  | 'detections'
  | 'posture'
  | 'trust'
  | 'agents'
  | 'evidence'
  | 'plugins'
  | 'settings'

/**
 * Places that take panels:
 *
 * - `overview.sentence`: one clause of the opening sentence, inline content; the first contribution that renders something leads
 * - `overview.stats`: one `<Stat>` each
 * - `overview.main`: one `<AreaBox>` each, in a grid of twelve columns
 * - `settings.sections`: the body of one section; `title` names it
 * - `status`: one `<a>` or `<span>` of the status line
 * - `rail.<area>`: the count beside an area, `<RailCount>`
 * - `<area>.main`: below the page of an area
 */
export type Slot =
  | 'overview.sentence'
  | 'overview.stats'
  | 'settings.sections'
  | 'status'
  | `rail.${Area}`
  | `${Area}.main`

export interface PageDefinition {
  readonly area: Area
  /** Below `/<area>`, without a leading slash; `''` or absent is the area's own page. `:name` is a parameter. */
  readonly path?: string
  /** Two words at most. Pages of one area become its tabs, in `order`. */
  readonly title: string
  /** Name of the permission that shows it; absent shows it to everyone with a session. */
  readonly permission?: string
  readonly order?: number
  /** False keeps the page out of the tabs: a detail page. */
  readonly tab?: boolean
  /** Renders one `<Page>`. */
  readonly component: ComponentType<PageProps>
}

export interface PageProps {
  /** Parameters of the path. */
  readonly params: Readonly<Record<string, string>>
}

export interface PanelDefinition {
  readonly slot: Slot
  /** Heading in the sub-navigation of `settings.sections`; unused elsewhere. */
  readonly title?: string
  /** Ascending; default 100. */
  readonly order?: number
  readonly permission?: string
  readonly component: ComponentType
}

export interface CommandDefinition {
  /** Stable within the plugin. */
  readonly id: string
  /** Verb first: "Set shield to observe". */
  readonly title: string
  /** Further words that find it. */
  readonly words?: string
  /** Quiet note at the right: "asks for a reason". */
  readonly note?: string
  readonly icon?: string
  readonly permission?: string
  run(): void | Promise<void>
}

export interface UiDefinition {
  readonly pages?: readonly PageDefinition[]
  readonly panels?: readonly PanelDefinition[]
  readonly commands?: readonly CommandDefinition[]
}

/** Raised when a definition of today could not be read by a shell of tomorrow. */
export const UI_VERSION = 1

/** A definition with its tag, as a UI module exports it. */
export interface TaggedUi extends UiDefinition {
  readonly clawnexUi: number
}

/**
 * The default export of a plugin's UI module: a description, not code that runs. The shell imports the module, checks the
 * shape and swaps all contributions of the plugin in one update; whatever the previous version rendered is unmounted.
 */
export function defineUi(definition: UiDefinition): TaggedUi {
  return Object.freeze({ ...definition, clawnexUi: UI_VERSION })
}

/** What is wrong with a module's default export, or null. */
export function definitionFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'The module has no default export made by defineUi().'
  const { clawnexUi, pages = [], panels = [], commands = [] } = value as Partial<TaggedUi>
  if (clawnexUi !== UI_VERSION)
    return `The module was made for UI version ${clawnexUi ?? 'unknown'}, not ${UI_VERSION}.`
  if (![pages, panels, commands].every(Array.isArray)) return 'pages, panels and commands must be lists.'
  const page = pages.find(entry => typeof entry?.component !== 'function' || !entry.area || !entry.title)
  if (page !== undefined) return 'A page lacks area, title or component.'
  const panel = panels.find(entry => typeof entry?.component !== 'function' || !entry.slot)
  if (panel !== undefined) return 'A panel lacks slot or component.'
  const command = commands.find(entry => typeof entry?.run !== 'function' || !entry.id || !entry.title)
  return command === undefined ? null : 'A command lacks id, title or run.'
}
