import type { Preset } from '../presets.ts'
import type { Provider as StoredProvider } from '../store.ts'

export type { Preset }

/** A provider as the API shows it: the demo model and those that cannot be served yet included. */
export interface Provider extends Omit<StoredProvider, 'source'> {
  readonly source: StoredProvider['source'] | 'builtin'
  readonly serves: boolean
}

export interface ProviderList {
  readonly items: readonly Provider[]
  readonly presets: readonly Preset[]
}

export interface TestResult {
  readonly ok: boolean
  readonly status: number | null
  readonly models: readonly string[] | null
  readonly problem: string | null
  readonly ms: number
}

/** One model name a line or comma; nothing means every name. */
export function readModels(text: string): string[] | null {
  const list = [...new Set(text.split(/[\s,]+/).filter(part => part !== ''))]
  return list.length === 0 ? null : list
}
