import type { Price, RoutePolicy } from '../contract.ts'

export interface Provider {
  readonly id: string
  readonly title: string
  readonly dialect: 'openai' | 'anthropic'
  readonly baseUrl: string
  readonly keyLast4: string | null
  readonly enabled: boolean
  readonly route: RoutePolicy
  readonly models: readonly string[] | null
  readonly prices: Readonly<Record<string, Price>>
  readonly timeouts: { readonly firstByte: number; readonly idle: number }
  readonly source: 'stored' | 'run' | 'builtin'
  readonly serves: boolean
  readonly version: number
  readonly createdAt: number | null
}

export interface Preset {
  readonly id: string
  readonly title: string
  readonly dialect: 'openai' | 'anthropic'
  readonly baseUrl: string
  readonly needsKey: boolean
  readonly note: string | null
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
