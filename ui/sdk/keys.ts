import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

export interface KeyBinding {
  /** One key as `KeyboardEvent.key` spells it: `r`, `R` for Shift r, `.`. */
  readonly key: string
  /** What it does, for the list behind `?`. */
  readonly label: string
  run(): void
}

/** Bindings of what is mounted now, the latest first. */
export const pageKeys = signal<readonly KeyBinding[]>([])

/** Single keys of a page. They fire only outside fields and while the person has single keys on. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const latest = useRef(bindings)
  latest.current = bindings
  const names = bindings.map(binding => `${binding.key} ${binding.label}`).join('\n')
  useEffect(() => {
    const mounted = bindings.map((binding, index) => ({ ...binding, run: () => latest.current[index]?.run() }))
    pageKeys.value = [...mounted, ...pageKeys.peek()]
    return () => {
      pageKeys.value = pageKeys.peek().filter(binding => !mounted.includes(binding))
    }
  }, [names])
}
