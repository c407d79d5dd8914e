import type { AriaRole } from 'preact'

/**
 * Roles that tables have by nature, spelled out: below 760 px rows are laid out with flex, which drops native semantics.
 */
export const role = (name: 'table' | 'rowgroup' | 'row' | 'columnheader' | 'cell'): { role: AriaRole } => ({
  role: name,
})
