import { ApiError, type PluginStatus } from '../../contract/index.ts'
import type { Kernel } from '../../ports.ts'
import type { HttpOptions } from '../options.ts'

/** What the kernel's own routes work with. */
export interface KernelRouteParts extends HttpOptions {
  readonly port: () => number
  readonly streams: () => number
}

export function kernelOf(parts: HttpOptions): Kernel {
  const kernel = parts.kernel()
  if (kernel === undefined) throw new ApiError('API_UNAVAILABLE')
  return kernel
}

/** Throws PLG_UNKNOWN. */
export function pluginOf(parts: HttpOptions, id: string): PluginStatus {
  const found = kernelOf(parts)
    .status()
    .find(plugin => plugin.id === id)
  if (found === undefined) throw new ApiError('PLG_UNKNOWN', { detail: `There is no plugin "${id.slice(0, 64)}".` })
  return found
}

/** The catalogue's arrays are read-only; schema types are not. */
export function mutable<T>(value: unknown): T {
  return value as T
}
