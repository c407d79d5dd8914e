import {
  type Db,
  type EventToken,
  type GatewayHost,
  type HostBase,
  PluginError,
  type PointToken,
  type RunOptions,
  type Secrets,
  type ServerHost,
  type ServiceToken,
  tokenKey,
} from '../contract/index.ts'
import { checkJob } from '../jobs/jobs.ts'
import { dbFor } from './db.ts'
import type { Generation } from './generation.ts'
import type { SharedPool } from './shared.ts'

/** What a host reaches of the kernel. */
export interface HostContext {
  readonly plane: 'dashboard' | 'gateway'
  readonly run: RunOptions
  readonly secrets: Secrets
  readonly shared: SharedPool
  /** Dashboard only. */
  readonly db?: Db | undefined
  findService(key: string, generation: Generation): unknown
  contributions(key: string): readonly unknown[]
  emit(event: EventToken<unknown>, payload: unknown): void
  publish(key: string, value: unknown): void
  snapshotValue(key: string): unknown
  record(key: string, row: unknown): string
}

type AnyToken = Parameters<typeof tokenKey>[0]
const keyOf = (token: unknown): string => tokenKey(token as AnyToken)

/** The host object handed to `setup`. Declarations are only noted; the commit makes them live. */
export function createHost(
  context: HostContext,
  generation: Generation,
  config: unknown,
): ServerHost<unknown> | GatewayHost<unknown> {
  const base = baseHost(context, generation, config)
  return Object.freeze(
    context.plane === 'dashboard' ? serverHost(context, generation, base) : gatewayHost(context, generation, base),
  )
}

function baseHost(context: HostContext, generation: Generation, config: unknown): HostBase<unknown> {
  const { declared, ledger, plugin } = generation
  return {
    plane: context.plane,
    plugin,
    generation: generation.number,
    config: config as Readonly<unknown>,
    log: generation.log,
    run: context.run,
    secrets: context.secrets,
    signal: generation.abort.signal,
    effect: (label, open) => ledger.open(label, open),
    job(spec) {
      refuseAfterCommit(generation, 'job')
      checkJob(spec)
      declared.jobs.push(spec)
    },
    on<E>(event: EventToken<E>, listener: (payload: E) => void | Promise<void>) {
      refuseAfterCommit(generation, 'on')
      declared.listeners.push({
        event: event as EventToken<unknown>,
        listener: listener as (payload: unknown) => unknown,
      })
    },
    emit<E>(event: EventToken<E>, payload: E) {
      if (isBeforeCommit(generation)) throw new Error('host.emit works only once the generation is active')
      if (generation.state !== 'retired') context.emit(event as EventToken<unknown>, payload)
    },
    offer<S>(service: ServiceToken<S>, value: S) {
      refuseAfterCommit(generation, 'offer')
      declared.services.set(keyOf(service), value)
      generation.scope.offer(keyOf(service), value)
    },
    contribute<P>(point: PointToken<P>, item: P) {
      refuseAfterCommit(generation, 'contribute')
      declared.points.push({ key: keyOf(point), item })
    },
    contributions: <P>(point: PointToken<P>) => context.contributions(keyOf(point)) as readonly P[],
    find: <S>(service: ServiceToken<S>) => context.findService(keyOf(service), generation) as S | undefined,
    async shared(key, open) {
      const { value, release } = await context.shared.take(`${plugin}:${key}`, open)
      try {
        ledger.add(`shared ${key}`, release)
      } catch (error) {
        await release()
        throw error
      }
      return value
    },
  }
}

function serverHost(context: HostContext, generation: Generation, base: HostBase<unknown>): ServerHost<unknown> {
  const { declared } = generation
  const host: ServerHost<unknown> = {
    ...base,
    plane: 'dashboard',
    db: context.db === undefined ? absentDb(generation) : dbFor(generation.plugin, context.db),
    route(spec) {
      refuseAfterCommit(generation, 'route')
      declared.routes.push(spec)
    },
    publish(token, value) {
      if (generation.state === 'retired') return
      declared.published.set(keyOf(token), value)
      if (!isBeforeCommit(generation)) context.publish(keyOf(token), value)
    },
    onRecords(token, take) {
      refuseAfterCommit(generation, 'onRecords')
      declared.records.push({ key: keyOf(token), take: take as (rows: readonly unknown[]) => void })
    },
  }
  return Object.assign(host, unsupported(generation, ['snapshot', 'onSnapshot', 'record']))
}

function gatewayHost(context: HostContext, generation: Generation, base: HostBase<unknown>): GatewayHost<unknown> {
  const host: GatewayHost<unknown> = {
    ...base,
    plane: 'gateway',
    snapshot: <T>(token: unknown) => context.snapshotValue(keyOf(token)) as T | undefined,
    onSnapshot(token, listener) {
      refuseAfterCommit(generation, 'onSnapshot')
      generation.declared.values.push({ key: keyOf(token), listener: listener as (value: unknown) => void })
    },
    record: (token, row) => context.record(keyOf(token), row),
  }
  return Object.assign(host, unsupported(generation, ['route', 'publish', 'onRecords']))
}

/** Plugins in plain JavaScript meet these: the types already hide them. */
function unsupported(generation: Generation, names: readonly string[]): Record<string, () => never> {
  const refuse = (name: string) => () => {
    const where = { phase: 'setup', plugin: generation.plugin, generation: generation.number } as const
    throw new PluginError('PLG_PLANE_UNSUPPORTED', where, { detail: `host.${name}` })
  }
  return Object.fromEntries(names.map(name => [name, refuse(name)]))
}

function absentDb(generation: Generation): Db {
  return unsupported(generation, ['prepare', 'exec', 'transaction', 'pragma']) as unknown as Db
}

function isBeforeCommit(generation: Generation): boolean {
  return generation.state === 'staged' || generation.state === 'starting'
}

function refuseAfterCommit(generation: Generation, call: string): void {
  if (!isBeforeCommit(generation)) throw new Error(`host.${call} works only during setup`)
}
