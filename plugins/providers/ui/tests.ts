import { signal } from '@preact/signals'
import { api } from 'clawnex/ui'
import type { TestResult } from './types.ts'

export interface Tested extends TestResult {
  readonly at: number
}

/** Results of this visit, by provider; they are not stored. */
export const tested = signal<ReadonlyMap<string, Tested>>(new Map())

/** Asks a provider for its models. Rejects with `ApiProblem` when the test itself could not run. */
export async function testProvider(id: string): Promise<TestResult> {
  const result = await api.post<TestResult>(`providers/${id}/test`)
  tested.value = new Map(tested.value).set(id, { ...result, at: Date.now() })
  return result
}

export function forgetTest(id: string): void {
  const rest = new Map(tested.value)
  rest.delete(id)
  tested.value = rest
}
