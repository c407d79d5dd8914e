import { signal } from '@preact/signals'

/** Text the palette is open with; null while it is closed. */
export const paletteText = signal<string | null>(null)

/** Whether the list of keys is open. */
export const isKeysOpen = signal(false)

export function openPalette(text = ''): void {
  paletteText.value = text
}
