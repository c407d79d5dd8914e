import { computed, signal } from '@preact/signals'
import {
  type Area,
  api,
  type CommandDefinition,
  can,
  type PageDefinition,
  type PanelDefinition,
  problemOf,
  type Slot,
  shell,
} from 'clawnex/ui'
import type { UiEntry } from '../../kernel/contract/index.ts'
import type { Items } from './kernel-api.ts'

export interface Source {
  readonly plugin: string
  readonly version: string
  /** Changes with the code, so that old components unmount. */
  readonly hash: string
}

/** A contribution and where it came from. */
export type Contributed<T> = T & { readonly source: Source }

export interface UpdateFault extends Source {
  readonly message: string
}

interface LoadedUi extends Source {
  readonly ui: shell.TaggedUi
}

const loaded = signal<ReadonlyMap<string, LoadedUi>>(new Map())

/** Modules that could not be loaded in this browser, by plugin. What they were to replace is still shown. */
export const updateFaults = signal<ReadonlyMap<string, UpdateFault>>(new Map())

/** True once the list was read and every module tried. Until then nothing is called missing. */
export const isUiKnown = signal(false)

const DEFAULT_ORDER = 100

function contributed<T extends { permission?: string; order?: number }>(
  pick: (ui: shell.TaggedUi) => readonly T[] | undefined,
) {
  return computed<readonly Contributed<T>[]>(() =>
    [...loaded.value.values()]
      .flatMap(({ ui, plugin, version, hash }) =>
        (pick(ui) ?? []).map(entry => ({ ...entry, source: { plugin, version, hash } })),
      )
      .sort((a, b) => (a.order ?? DEFAULT_ORDER) - (b.order ?? DEFAULT_ORDER)),
  )
}

/** Pages of all plugins, allowed or not: an address someone may not see says so. */
export const pages = contributed<PageDefinition>(ui => ui.pages)
const panels = contributed<PanelDefinition>(ui => ui.panels)
export const commands = contributed<CommandDefinition & { order?: number }>(ui => ui.commands)

/** Panels of a slot that the person may see. */
export function panelsOf(slot: Slot): readonly Contributed<PanelDefinition>[] {
  return panels.value.filter(panel => panel.slot === slot && can(panel.permission))
}

export const pagePath = (page: PageDefinition): string =>
  page.path === undefined || page.path === '' ? `/${page.area}` : `/${page.area}/${page.path}`

/** Tabs of the areas follow the pages. */
export function followTabs(): () => void {
  return pages.subscribe(all => {
    const tabs = new Map<Area, shell.AreaTab[]>()
    for (const page of all) {
      if (page.tab === false || pagePath(page).includes(':') || !can(page.permission)) continue
      const list = tabs.get(page.area) ?? []
      list.push({ href: pagePath(page), path: pagePath(page), title: page.title })
      tabs.set(page.area, list)
    }
    shell.areaTabs.value = tabs
  })
}

let running: Promise<void> | undefined
let again = false

/** Brings the loaded modules in line with those the server has in force. Calls during a run lead to one more run. */
export function syncUi(): Promise<void> {
  if (running !== undefined) {
    again = true
    return running
  }
  running = sync().finally(() => {
    running = undefined
    if (!again) return
    again = false
    void syncUi()
  })
  return running
}

async function sync(): Promise<void> {
  const entries = await readEntries()
  if (entries === null) return
  const before = loaded.peek()
  const results = await Promise.all(entries.map(entry => load(entry, before.get(entry.plugin))))
  const next = new Map<string, LoadedUi>()
  const faults = new Map<string, UpdateFault>()
  for (const { keep, fault } of results) {
    if (keep !== undefined) next.set(keep.plugin, keep)
    if (fault !== undefined) faults.set(fault.plugin, fault)
  }
  // One assignment each: every contribution of a plugin changes in the same render.
  loaded.value = next
  updateFaults.value = faults
  isUiKnown.value = true
}

async function readEntries(): Promise<readonly UiEntry[] | null> {
  try {
    return (await api.get<Items<UiEntry>>('kernel/ui')).items
  } catch (error) {
    // Without the right to the list, or without an answer, what is loaded stays.
    if (problemOf(error).status === 403) isUiKnown.value = true
    return null
  }
}

interface LoadResult {
  readonly keep?: LoadedUi
  readonly fault?: UpdateFault
}

/** Imports first and replaces after: a module that does not load leaves the old one in place. */
async function load(entry: UiEntry, before: LoadedUi | undefined): Promise<LoadResult> {
  const { plugin, version, hash } = entry
  if (before?.hash === hash) return { keep: before }
  const old = before === undefined ? {} : { keep: before }
  try {
    const module = (await import(entry.url)) as { default?: unknown }
    const fault = shell.definitionFault(module.default)
    if (fault !== null) return { ...old, fault: { plugin, version, hash, message: fault } }
    return { keep: { plugin, version, hash, ui: module.default as shell.TaggedUi } }
  } catch (error) {
    return { ...old, fault: { plugin, version, hash, message: error instanceof Error ? error.message : String(error) } }
  }
}
