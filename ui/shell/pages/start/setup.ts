import { can, type Resource, useResource } from 'clawnex/ui'
import type { KernelStatus } from '../../kernel-api.ts'

/** A call as the guided start reads it from `GET /api/v1/traffic`. */
export interface SetupCall {
  readonly id: string
  readonly at: number
  readonly verdict: string
  readonly action: string
  readonly model: string
  readonly provider: string | null
  readonly key: { readonly label: string } | null
  readonly tokens: { readonly input: number; readonly output: number } | null
  readonly cost: { readonly micros: number; readonly currency: string; readonly trust: string } | null
  readonly latencyMs: number
  readonly scanMs: number
  readonly score: number
  readonly threshold: number
  readonly findings: readonly { readonly rule: string; readonly title: string; readonly severity: string }[]
}

export interface SetupProvider {
  readonly id: string
  readonly title: string
  readonly dialect: 'openai' | 'anthropic'
  readonly baseUrl: string
  readonly models: readonly string[] | null
  readonly keyLast4: string | null
  readonly serves: boolean
  readonly source: 'stored' | 'run' | 'builtin'
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

interface Calls {
  readonly items: readonly SetupCall[]
}

/** How far this installation is, read from the machine alone. */
export interface Setup {
  /** False until every source answered or failed. */
  readonly known: boolean
  readonly first: SetupCall | null
  readonly stopped: SetupCall | null
  readonly provider: SetupProvider | null
  /** A call that did not come from this page. */
  readonly agent: SetupCall | null
  readonly presets: readonly Preset[]
  readonly status: KernelStatus | undefined
  /** Sources that do not answer, by plugin. */
  readonly missing: ReadonlySet<string>
  readonly at: number | null
}

const LIVE = { live: ['traffic.call'] } as const
const call = (query: string): string => `traffic?limit=1&q=${encodeURIComponent(query)}`

export function useSetup(): Setup {
  const mayRead = can('traffic.read')
  const first = useResource<Calls>(mayRead ? call('verdict:allow') : null, LIVE)
  const stopped = useResource<Calls>(mayRead ? call('verdict:block') : null, LIVE)
  const agent = useResource<Calls>(mayRead ? call('-key:"guided start" status:<400') : null, LIVE)
  const providers = useResource<{ items: readonly SetupProvider[]; presets: readonly Preset[] }>(
    can('providers.read') ? 'providers' : null,
  )
  const status = useResource<KernelStatus>(can('kernel.read') ? 'kernel/status' : null)
  const all: readonly Resource<unknown>[] = [first, stopped, agent, providers]
  const missing = new Set([...(first.error ? ['traffic'] : []), ...(providers.error ? ['providers'] : [])])
  return {
    known: all.every(source => !source.loading || source.data !== undefined),
    first: first.data?.items[0] ?? null,
    stopped: stopped.data?.items[0] ?? null,
    agent: agent.data?.items[0] ?? null,
    provider: providers.data?.items.find(entry => entry.source !== 'builtin') ?? null,
    presets: providers.data?.presets ?? [],
    status: status.data,
    missing,
    at: first.at,
  }
}
