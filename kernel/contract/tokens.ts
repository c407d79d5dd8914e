/**
 * Typed names through which plugins meet.
 *
 * A token carries its type at compile time and only its `kind`, `id` and `major` at run time. Two bundles that import the
 * same token therefore agree by id, never by object identity, which is what lets a plugin be replaced while others run.
 * Ids read `plugin.noun`; a change that breaks consumers raises `major`.
 */
export interface Token<T, Kind extends string> {
  readonly kind: Kind
  readonly id: string
  readonly major: number
  /** Phantom: carries `T` for the type checker and is never read. */
  readonly shape?: (value: T) => T
}

/** A service one plugin offers and others need. */
export type ServiceToken<T> = Token<T, 'service'>
/** An extension point: many plugins contribute items, the owner reads the current list. */
export type PointToken<T> = Token<T, 'point'>
/** A value the dashboard plane publishes down to the gateway plane. JSON only. */
export type SnapshotToken<T> = Token<T, 'snapshot'>
/** A row the gateway plane records up to the dashboard plane. JSON only. */
export type RecordToken<T> = Token<T, 'record'>

/** An event inside one plane. With `permission` set it also goes to browsers that hold that permission. */
export interface EventToken<T> extends Token<T, 'event'> {
  readonly permission?: string
}

/** Names a service: `serviceToken<Scanner>('shield.scanner')`. A new major is another service. */
export function serviceToken<T>(id: string, major = 1): ServiceToken<T> {
  return { kind: 'service', id, major }
}

/** Names a point that other plugins contribute items to. */
export function pointToken<T>(id: string, major = 1): PointToken<T> {
  return { kind: 'point', id, major }
}

/** Names a value that the dashboard publishes to the gateway. */
export function snapshotToken<T>(id: string, major = 1): SnapshotToken<T> {
  return { kind: 'snapshot', id, major }
}

/** Names a kind of row that the gateway records for the dashboard. */
export function recordToken<T>(id: string, major = 1): RecordToken<T> {
  return { kind: 'record', id, major }
}

/** Names an event. With `permission`, browsers that hold it receive it too. */
export function eventToken<T>(id: string, options: { major?: number; permission?: string } = {}): EventToken<T> {
  const { major = 1, permission } = options
  return permission === undefined ? { kind: 'event', id, major } : { kind: 'event', id, major, permission }
}

/** The key under which a token is stored: `id@major`. */
export function tokenKey(token: Token<never, string> | { id: string; major: number }): string {
  return `${token.id}@${token.major}`
}
