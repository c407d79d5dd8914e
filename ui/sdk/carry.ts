import { useEffect, useState } from 'preact/hooks'
import { carry } from './page-state.ts'

/** `useState` for form state that a reload of the plugin must not lose. The key reads `plugin/name`. */
export function useCarry<T>(key: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => carry.get<T>(key) ?? initial)
  useEffect(() => carry.set(key, value), [key, value])
  return [value, setValue]
}
