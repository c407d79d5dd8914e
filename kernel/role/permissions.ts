import { KERNEL_PERMISSIONS, type Permissions } from '../contract/index.ts'
import type { Kernel } from '../ports.ts'

/** Asks the kernel at each call: plugins come and go. Before it exists, only its own permissions do. */
export function createPermissions(kernel: () => Pick<Kernel, 'status'> | undefined): Permissions {
  return {
    list() {
      const declared = (kernel()?.status() ?? []).flatMap(plugin => plugin.permissions)
      const all = [...KERNEL_PERMISSIONS, ...declared]
      return all.filter(({ name }, at) => all.findIndex(other => other.name === name) === at)
    },
  }
}
