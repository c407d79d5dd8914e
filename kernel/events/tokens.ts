import { eventToken, type TransactionReport, type UiEntry } from '../contract/index.ts'

/** After each transaction, good or failed. */
export const TRANSACTION = eventToken<TransactionReport>('kernel.transaction', { permission: 'kernel.read' })

/** After each commit: all UI modules now in force, for the shell to add, replace and remove. */
export const UI_CHANGED = eventToken<{ readonly entries: readonly UiEntry[] }>('kernel.ui', {
  permission: 'kernel.read',
})
