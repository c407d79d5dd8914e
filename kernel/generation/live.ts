import type { UiEntry } from '../contract/index.ts'
import type { CompiledRoutes, RecordHandler, Snapshot } from '../ports.ts'
import type { Generation } from './generation.ts'

/** The public snapshot together with what only the kernel uses of the same moment. Immutable. */
export interface Live {
  readonly snapshot: Snapshot
  readonly generations: ReadonlyMap<string, Generation>
  readonly listeners: ReadonlyMap<string, readonly { generation: Generation; call: (payload: unknown) => unknown }[]>
  readonly records: ReadonlyMap<string, readonly RecordHandler[]>
  readonly values: ReadonlyMap<string, readonly { generation: Generation; call: (value: unknown) => void }[]>
}

/** Builds the next view from generations in load order. Everything is computed here, so that the swap is one assignment. */
export function buildLive(id: number, generations: readonly Generation[], kernel: ReadonlyMap<string, unknown>): Live {
  const services = new Map(kernel)
  const points = new Map<string, unknown[]>()
  const routes = new Map<string, CompiledRoutes>()
  const ui: UiEntry[] = []
  const listeners = new Map<string, { generation: Generation; call: (payload: unknown) => unknown }[]>()
  const records = new Map<string, RecordHandler[]>()
  const values = new Map<string, { generation: Generation; call: (value: unknown) => void }[]>()
  for (const generation of generations) {
    const { declared, plugin } = generation
    for (const [key, value] of declared.services) services.set(key, value)
    for (const { key, item } of declared.points) push(points, key, item)
    for (const { event, listener } of declared.listeners) {
      push(listeners, `${event.id}@${event.major}`, { generation, call: listener })
    }
    for (const { key, take } of declared.records) push(records, key, { plugin, take })
    for (const { key, listener } of declared.values) push(values, key, { generation, call: listener })
    if (generation.routes !== null) routes.set(plugin, generation.routes)
    if (generation.ui !== null) ui.push(generation.ui)
  }
  for (const list of points.values()) Object.freeze(list)
  const views = generations.map(({ plugin, origin, number, since }) =>
    Object.freeze({
      plugin,
      title: origin.manifest.title,
      version: origin.manifest.version,
      generation: number,
      since,
    }),
  )
  const snapshot: Snapshot = Object.freeze({
    id,
    generations: Object.freeze(views),
    routes,
    services,
    points,
    ui: Object.freeze(ui),
  })
  return { snapshot, generations: new Map(generations.map(item => [item.plugin, item])), listeners, records, values }
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [item])
  else list.push(item)
}
