import { closeInspector, copy, navigate, prefs, queryState, setParams, shell, stepInspector, toast } from 'clawnex/ui'
import { ALL_AREAS } from './areas.ts'
import { isKeysOpen, openPalette, paletteText } from './palette-state.ts'
import { nextTheme } from './status-line.tsx'
import { widen } from './time-ranges.ts'
import { undoToast } from './toasts.tsx'
import { toggleLive } from './top-bar.tsx'

/** How long a first key waits for its second. */
const SEQUENCE_MS = 1200

let first: 'g' | 't' | null = null
let timer: ReturnType<typeof setTimeout> | undefined

/** Listens for the whole life of the page. Nothing fires inside a field. */
export function startKeyboard(): void {
  addEventListener('keydown', event => {
    if (event.defaultPrevented || event.isComposing) return
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      openPalette()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isOccupied(event.target)) return
    if (event.key === 'Escape') return leaveLayer(event)
    if (prefs.keys.peek() === 'off') return
    const run = second(event.key) ?? single(event.key)
    if (run === null) return
    event.preventDefault()
    run()
  })
}

function isOccupied(target: EventTarget | null): boolean {
  if (paletteText.peek() !== null) return true
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], dialog') !== null
}

function leaveLayer(event: KeyboardEvent): void {
  // An open popover closes by itself and is the layer in front.
  if (document.querySelector(':popover-open') !== null) return
  if (!new URLSearchParams(location.search).has('open')) return
  event.preventDefault()
  closeInspector()
}

function wait(key: 'g' | 't'): () => void {
  return () => {
    first = key
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        first = null
        if (key === 't') showRanges()
      },
      key === 't' ? 350 : SEQUENCE_MS,
    )
  }
}

function second(key: string): (() => void) | null {
  const before = first
  first = null
  clearTimeout(timer)
  if (before === 'g') {
    const area = ALL_AREAS.find(entry => entry.key === key)?.area
    return area === undefined ? null : () => navigate(`/${area}`)
  }
  if (before === 't') return { z: widenRange, c: copyRange, v: pasteRange }[key] ?? null
  return null
}

function single(key: string): (() => void) | null {
  const own = shell.pageKeys.peek().find(binding => binding.key === key)
  if (own !== undefined) return own.run
  const keys: Readonly<Record<string, () => void>> = {
    g: wait('g'),
    '/': () => document.querySelector<HTMLInputElement>('.query input')?.focus(),
    '?': () => {
      isKeysOpen.value = true
    },
    j: () => moveRow(1),
    k: () => moveRow(-1),
    '[': () => stepInspector(-1),
    ']': () => stepInspector(1),
    '.': () => document.querySelector<HTMLElement>('[data-actions], .insp-foot .btn')?.focus(),
    l: showNewsOrToggle,
    y: () => void copy(location.href, 'Link'),
    u: undoToast,
    D: nextTheme,
    ...(shell.pageFacts.peek().hasRange ? { t: wait('t') } : {}),
  }
  return Object.hasOwn(keys, key) ? (keys[key] ?? null) : null
}

/** Waiting rows first; only where none wait does the key switch Live. */
function showNewsOrToggle(): void {
  const news = document.querySelector<HTMLElement>('[data-news]')
  if (news !== null) news.click()
  else if (shell.pageFacts.peek().hasLive) toggleLive()
}

const rowLinks = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.main a.title')]

function moveRow(step: number): void {
  const links = rowLinks()
  const at = links.findIndex(link => link === document.activeElement || link.closest('[data-open]') !== null)
  links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)]?.focus()
}

const query = () =>
  queryState(new URLSearchParams(location.search).get('q') ?? '', text => setParams({ q: text === '' ? null : text }))

function showRanges(): void {
  document.getElementById('ranges')?.showPopover()
}

function widenRange(): void {
  const state = query()
  state.setSince(widen(state.since))
}

function copyRange(): void {
  const { since } = query()
  void copy(since === null ? 'any' : `since:${since}`, 'Time range')
}

async function readRange(): Promise<string | null> {
  try {
    return /^since:(\S+)$/.exec((await navigator.clipboard.readText()).trim())?.[1] ?? null
  } catch {
    // The person or the browser said no; nothing to paste then.
    return null
  }
}

function pasteRange(): void {
  void readRange().then(since => {
    if (since === null) toast('No time range was on the clipboard')
    else query().setSince(since)
  })
}
