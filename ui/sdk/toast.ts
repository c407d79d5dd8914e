import { signal } from '@preact/signals'

export interface Toast {
  readonly id: number
  /** Past tense, what happened: "shield reloaded". Never an error. */
  readonly text: string
  readonly undo: (() => void | Promise<void>) | null
}

/** The toast on screen. One at a time: the next replaces it. */
export const currentToast = signal<Toast | null>(null)

const SHOWN_MS = 10_000
let count = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Says what happened for ten seconds, with a way back where there is one. */
export function toast(text: string, undo?: () => void | Promise<void>): void {
  count += 1
  currentToast.value = { id: count, text, undo: undo ?? null }
  clearTimeout(timer)
  timer = setTimeout(dismissToast, SHOWN_MS)
}

export function dismissToast(): void {
  clearTimeout(timer)
  currentToast.value = null
}
