import type { NamedMigration } from '../kernel/ports.ts'
import kernel from './0001-kernel.ts'

/** The kernel's migrations in order. A hash is that of the file; a spec compares them. */
export const KERNEL_MIGRATIONS: readonly NamedMigration[] = [
  {
    name: '0001-kernel',
    sha256: '36784e5a37c3f4650cd8322fb99ec2c85e65101ac11a9fcddf674a696ab6305b',
    migration: kernel,
  },
]
