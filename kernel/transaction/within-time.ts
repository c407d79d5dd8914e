import { PluginError } from '../contract/index.ts'
import type { Generation } from '../generation/generation.ts'
import { asPluginError } from './errors.ts'

/** What code of a plugin is given, and the error it earns by taking longer. */
export interface TimeLimit {
  readonly phase: 'setup' | 'probe'
  readonly code: 'PLG_SETUP_TIMEOUT' | 'PLG_PROBE_FAILED'
  /** Milliseconds. */
  readonly limit: number
}

/** Code that hangs cannot be ended, only left behind: its signal fires and its ledger refuses what it opens later. */
export async function withinTime<T>(
  { phase, code, limit }: TimeLimit,
  { plugin, number: generation }: Generation,
  work: () => Promise<T>,
): Promise<T> {
  const where = { phase, plugin, generation }
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new PluginError(code, where, { detail: `It had ${limit} ms.` })), limit)
  try {
    return await Promise.race([work(), promise])
  } catch (error) {
    throw asPluginError(error, where)
  } finally {
    clearTimeout(timer)
  }
}
