import type { Recorded } from '../contract/index.ts'
import type { DashboardPlane, GatewayPlane, RecordHandler } from '../ports.ts'

/** The dashboard end of the plane in memory: what was published, and a way to deliver records. */
export interface MemoryDashboard {
  readonly plane: DashboardPlane
  readonly values: ReadonlyMap<string, unknown>
  deliver(key: string, rows: readonly Recorded<unknown>[]): void
}

export function memoryDashboard(): MemoryDashboard {
  const values = new Map<string, unknown>()
  let find: (key: string) => readonly RecordHandler[] = () => []
  const plane: Pick<DashboardPlane, 'publish' | 'setHandlers' | 'stageOnGateway'> = {
    publish(key, value) {
      if (value === undefined) values.delete(key)
      else values.set(key, JSON.parse(JSON.stringify(value)))
    },
    setHandlers(given) {
      find = given
    },
    stageOnGateway: async () => null,
  }
  return {
    plane: plane as DashboardPlane,
    values,
    deliver(key, rows) {
      for (const handler of find(key)) handler.take(rows)
    },
  }
}

/** The gateway end in memory: accepts values as a snapshot would bring them and keeps the rows. */
export interface MemoryGateway {
  readonly plane: GatewayPlane
  readonly rows: readonly { readonly key: string; readonly row: unknown }[]
  accept(key: string, value: unknown): void
}

export function memoryGateway(): MemoryGateway {
  const values = new Map<string, unknown>()
  const rows: { key: string; row: unknown }[] = []
  const listeners = new Set<(changed: ReadonlySet<string>) => void>()
  const plane: Pick<GatewayPlane, 'value' | 'onValues' | 'record'> = {
    value: key => values.get(key),
    onValues(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    record(key, row) {
      rows.push({ key, row: JSON.parse(JSON.stringify(row)) })
      return `row-${rows.length}`
    },
  }
  return {
    plane: plane as GatewayPlane,
    rows,
    accept(key, value) {
      values.set(key, value)
      for (const listener of listeners) listener(new Set([key]))
    },
  }
}
