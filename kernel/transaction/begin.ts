import { PluginError } from '../contract/index.ts'
import { type Committed, commit } from './commit.ts'
import { type Core, slotOf } from './core.ts'
import { asPluginError } from './errors.ts'
import type { PrepareOptions } from './members.ts'
import { type Prepared, prepare } from './prepare.ts'
import { Steps } from './steps.ts'

/** Who loads on the kernel's own account; everyone else is an operator, whose word lifts a quarantine. */
const AUTOMATIC: ReadonlySet<string> = new Set(['start', 'follow', 'watch'])

/** One attempt to load, replace or remove a plugin. */
export interface Transaction {
  readonly id: number
  readonly plugin: string
  readonly by: string
  readonly steps: Steps
  readonly from: { readonly version: string; readonly generation: number } | null
}

/** What a start adds to a transaction. */
export type Extra = Pick<PrepareOptions, 'fallback' | 'candidates'>

export function begin(core: Core, plugin: string, by: string): Transaction {
  core.nextId += 1
  const known = core.slots.get(plugin)
  if (known !== undefined) known.loading = true
  const old = known?.serving ?? null
  const from = old === null ? null : { version: old.origin.manifest.version, generation: old.number }
  return { id: core.nextId, plugin, by, steps: new Steps(), from }
}

export async function prepareChecked(core: Core, transaction: Transaction, extra: Extra): Promise<Prepared> {
  const { plugin, by, steps } = transaction
  if (core.stopping)
    throw new PluginError('PLG_STUCK', { phase: 'verify', plugin }, { detail: 'The process is stopping.' })
  if (extra.fallback === undefined) checkQuarantine(core, plugin, by, extra)
  return prepare(core, plugin, { steps, atStart: by === 'start', ...extra })
}

function checkQuarantine(core: Core, plugin: string, by: string, { candidates }: Extra): void {
  if (!AUTOMATIC.has(by)) {
    core.quarantine.lift(plugin)
    slotOfKnown(core, plugin, slot => {
      slot.quarantined = false
    })
    return
  }
  if (!core.quarantine.isQuarantined(plugin)) return
  const candidate = (candidates ?? core.sources.discover()).find(({ id }) => id === plugin)
  if (candidate === undefined || !core.quarantine.holds(plugin, core.sources.fingerprint(candidate))) return
  Object.assign(slotOf(core, plugin), { candidate, quarantined: true })
  throw new PluginError('PLG_QUARANTINED', { phase: 'verify', plugin })
}

function slotOfKnown(core: Core, plugin: string, change: (slot: ReturnType<typeof slotOf>) => void): void {
  const slot = core.slots.get(plugin)
  if (slot !== undefined) change(slot)
}

export function commitStep(core: Core, { plugin, steps }: Transaction, prepared: Prepared): Committed {
  const begun = performance.now()
  try {
    const committed = commit(core, prepared)
    steps.note('commit', 'done', performance.now() - begun)
    return committed
  } catch (error) {
    steps.note('commit', 'failed', performance.now() - begun)
    throw asPluginError(error, { phase: 'commit', plugin })
  }
}
