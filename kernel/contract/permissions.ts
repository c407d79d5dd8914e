import { type ServiceToken, serviceToken } from './tokens.ts'

/** A permission as its owner declares it: plugins in `plugin.json`, the kernel in `KERNEL_PERMISSIONS`. */
export interface Permission {
  /** `plugin.verb`. */
  readonly name: string
  /** What whoever holds it may do, in a few words. */
  readonly title: string
  /** Roles that hold it from the start. */
  readonly roles: readonly string[]
}

/** Permissions of the kernel's own routes and events; it has no manifest. */
export const KERNEL_PERMISSIONS: readonly Permission[] = [
  {
    name: 'kernel.read',
    title: 'See how both planes are, all plugins and the description of the API',
    roles: ['admin', 'security_manager', 'operator', 'viewer', 'auditor'],
  },
  { name: 'kernel.plugins', title: 'Load plugins again', roles: ['admin'] },
  { name: 'kernel.config', title: 'See and change the configuration of plugins', roles: ['admin'] },
]

/** All permissions that can be granted now; provided by the kernel on the dashboard plane. */
export interface Permissions {
  /** Those of the kernel, then those of all known plugins, whether they run or not. Each name comes once. */
  list(): readonly Permission[]
}

/** Provided by the kernel itself on the dashboard plane; stand-ins of specs may lack it. */
export const PERMISSIONS: ServiceToken<Permissions> = serviceToken<Permissions>('kernel.permissions')
