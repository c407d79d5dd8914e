import { type AwilixContainer, asFunction, asValue, createContainer, InjectionMode } from 'awilix'

/** Services of one generation: what it offers, and what it was given of others. */
export interface ServiceScope {
  offer(key: string, value: unknown): void
  /** Makes a service of another scope resolvable here. */
  admit(key: string, from: ServiceScope): void
  has(key: string): boolean
  /** Throws when the key is unknown; ask `has` first. */
  resolve(key: string): unknown
}

export interface Container {
  readonly root: ServiceScope
  openScope(): ServiceScope
}

/**
 * Awilix in its strict mode, so that nothing long-lived can capture something short-lived. Plugins' services are scoped to
 * their generation. Disposal is not its business: the ledger of the generation keeps the order.
 */
export function createServices(kernel: ReadonlyMap<string, unknown>): Container {
  const root = createContainer({ injectionMode: InjectionMode.PROXY, strict: true })
  for (const [key, value] of kernel) root.register(key, asValue(value))
  return { root: wrap(root), openScope: () => wrap(root.createScope()) }
}

function wrap(scope: AwilixContainer): ServiceScope {
  return {
    offer: (key, value) => void scope.register(key, asFunction(() => value).scoped()),
    admit(key, from) {
      // Resolved now, not inside the factory: Awilix keeps one resolution path a container family and would see a circle.
      const value = from.resolve(key)
      scope.register(key, asFunction(() => value).scoped())
    },
    has: key => scope.hasRegistration(key),
    resolve: key => scope.resolve(key),
  }
}
