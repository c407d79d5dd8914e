import { count } from 'clawnex/ui'
import type { TrafficItem } from '../contract.ts'

/** What happened, as the heading of a call. */
export function headline(call: TrafficItem): string {
  if (call.verdict === 'block' && call.action === 'cut') return 'Stopped while answering'
  if (call.verdict === 'block') return wasReached(call) ? 'Answer held back' : 'Blocked before the model'
  if (call.verdict === 'error')
    return call.action === 'forwarded' ? 'Went through without a verdict' : 'Refused: it could not be judged'
  if (call.action === 'redacted') return 'Went through with parts removed'
  if (call.status >= 500) return 'The provider failed'
  if (call.status >= 400) return 'Refused'
  return call.verdict === 'review' ? 'Went through, marked for review' : 'Went through'
}

/** `4 findings`, or the name of the only one. */
export function findingsText(call: TrafficItem): string {
  const [first] = call.findings
  if (first === undefined) return call.error === null || call.error === 'GW_BLOCKED' ? '' : call.error
  return call.findings.length === 1 ? first.rule.replace(/^[^.]+\./, '') : count(call.findings.length, 'finding')
}

/** Route as a sentence of places: "first model key → gateway → openai, gpt-5". */
export function routeSteps(call: TrafficItem): {
  readonly passed: string[]
  readonly reached: boolean
  readonly target: string
} {
  const by = call.key === null ? 'unknown key' : call.key.label
  const via = call.route === 'litellm' ? ['gateway', 'LiteLLM'] : ['gateway']
  const target = call.route === 'demo' ? 'demo model on this machine' : (call.provider ?? call.model)
  return { passed: [by, ...via], reached: wasReached(call), target }
}

/** Whether the model was called. A whole answer that is refused began to arrive, which its first byte tells. */
export function wasReached({ action, firstByteMs }: Pick<TrafficItem, 'action' | 'firstByteMs'>): boolean {
  return firstByteMs !== null || (action !== 'refused' && action !== 'held')
}

/** What stands for an amount nobody told: a call that reached no model used none. */
export function unspent(call: TrafficItem): 'unknown' | 'none' {
  return wasReached(call) ? 'unknown' : 'none'
}

/** Where the time went, as far as it is measured; `null` for a provider that was not called. */
export function timing(
  call: TrafficItem,
): { readonly name: string; readonly took: number | null; readonly own?: boolean }[] {
  const scan = Math.min(call.scanMs, call.latencyMs)
  const first = wasReached(call) ? call.firstByteMs : null
  return [
    { name: 'Shield', took: scan, own: true },
    {
      name: call.route === 'demo' ? 'Demo model' : 'Provider',
      took: first === null ? null : Math.max(0, first - scan),
    },
    {
      name: first === null ? 'Receive, record' : 'Rest of the answer',
      took: Math.max(0, call.latencyMs - Math.max(scan, first ?? 0)),
    },
  ]
}
