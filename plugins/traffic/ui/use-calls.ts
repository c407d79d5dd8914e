import { type ApiProblem, api, problemOf, useResource } from 'clawnex/ui'
import { useEffect, useState } from 'preact/hooks'
import { append, type CallPage, EMPTY_LIST, type LiveList, receive, showWaiting } from './live.ts'

export interface Calls {
  readonly list: LiveList
  readonly loading: boolean
  readonly problem: ApiProblem | null
  /** Shows what waits. */
  show(): void
  /** Reads the next page of older calls. */
  more(): Promise<void>
  reload(): Promise<void>
}

interface Held {
  readonly q: string
  readonly list: LiveList
}

function pathOf(q: string, after?: string): string {
  const params = new URLSearchParams({ limit: '50' })
  if (q !== '') params.set('q', q)
  if (after !== undefined) params.set('after', after)
  return `traffic?${params}`
}

/** The calls of a query, kept current by events. `isReading` decides whether new ones wait. */
export function useCalls(q: string, isReading: () => boolean): Calls {
  const newest = useResource<CallPage>(pathOf(q), { live: ['traffic.call'] })
  const [held, setHeld] = useState<Held>({ q, list: EMPTY_LIST })
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  const list = held.q === q ? held.list : EMPTY_LIST
  const change = (step: (list: LiveList) => LiveList): void =>
    setHeld(before => ({ q, list: step(before.q === q ? before.list : EMPTY_LIST) }))

  useEffect(() => {
    const page = newest.data
    if (page !== undefined) change(before => receive(before, page, isReading()))
  }, [newest.data, q])

  return {
    list,
    loading: newest.data === undefined && newest.error === null,
    problem: newest.error ?? problem,
    show: () => change(showWaiting),
    async more() {
      if (list.next === null) return
      try {
        const page = await api.get<CallPage>(pathOf(q, list.next))
        setProblem(null)
        change(before => append(before, page))
      } catch (error) {
        setProblem(problemOf(error))
      }
    },
    reload: newest.reload,
  }
}
