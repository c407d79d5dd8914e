import type { RouteSpec } from '../../contract/index.ts'
import { configRoutes } from './config.ts'
import type { KernelRouteParts } from './parts.ts'
import { pluginRoutes } from './plugins.ts'
import { statusRoutes } from './status.ts'

export type { KernelRouteParts } from './parts.ts'
export { openApiRoute } from './status.ts'

/** The routes below `/api/v1/kernel`: declared like those of any plugin. */
export function kernelRoutes(parts: KernelRouteParts): readonly RouteSpec[] {
  return [...pluginRoutes(parts), ...configRoutes(parts), ...statusRoutes(parts)]
}
