import { effect, type Signal, signal } from '@preact/signals'

export const THEMES = ['system', 'dark', 'light', 'contrast'] as const
export type Theme = (typeof THEMES)[number]
export type Density = 'auto' | 'compact' | 'default' | 'touch'
export type TextSize = 'normal' | 'large'

/** Private windows may refuse storage; preferences then last as long as the page. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(`clawnex.${name}`)
  } catch {
    return null
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`clawnex.${name}`, value)
  } catch {
    // See read(): nothing is lost but the memory of it.
  }
}

function stored<T extends string>(name: string, values: readonly T[]): Signal<T> {
  const before = read(name) as T | null
  const value = signal<T>(before !== null && values.includes(before) ? before : values[0]!)
  let first = true
  effect(() => {
    const next = value.value
    if (!first) write(name, next)
    first = false
  })
  return value
}

/** What the person chose for this browser. Writing a signal applies and remembers it. */
export const prefs = {
  theme: stored<Theme>('theme', THEMES),
  density: stored<Density>('density', ['auto', 'compact', 'default', 'touch']),
  text: stored<TextSize>('text', ['normal', 'large']),
  /** One switch for all single keys; printed hints go with it. */
  keys: stored<'on' | 'off'>('keys', ['on', 'off']),
  /** Whether lists take new rows as they come. */
  live: stored<'on' | 'off'>('live', ['on', 'off']),
}

/** Mirrors the preferences on `<html>`, where the style sheets look. */
export function applyPrefs(root: HTMLElement): void {
  const attribute = (name: string, value: string | null): void => {
    if (value === null) root.removeAttribute(name)
    else root.setAttribute(name, value)
  }
  effect(() => {
    const { theme, density, text, keys } = prefs
    attribute('data-theme', theme.value === 'system' ? null : theme.value)
    attribute('data-density', density.value === 'auto' ? null : density.value)
    attribute('data-text', text.value === 'large' ? 'large' : null)
    attribute('data-keys', keys.value === 'off' ? 'off' : null)
  })
}
