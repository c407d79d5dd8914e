import type { Manifest, PluginState, PluginStatus } from '../contract/index.ts'
import type { Generation } from '../generation/generation.ts'
import type { Core, Slot } from './core.ts'

/** Every known plugin, by id. */
export function readStatus(core: Core): readonly PluginStatus[] {
  return [...core.slots.values()]
    .filter(slot => slot.candidate !== null || slot.serving !== null || slot.alive.size > 0)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(slot => describe(core, slot))
}

function describe(core: Core, slot: Slot): PluginStatus {
  const { serving, candidate } = slot
  const manifest = serving?.origin.manifest ?? candidate?.manifest ?? null
  return {
    id: slot.id,
    title: manifest?.title ?? slot.id,
    summary: manifest?.summary ?? null,
    version: manifest?.version ?? '0.0.0',
    state: stateOf(slot),
    generation: serving?.number ?? 0,
    generations: [...slot.alive].map(generation => ({
      generation: generation.number,
      version: generation.origin.manifest.version,
      state: generation.state,
      pins: core.pins.count(generation),
      since: generation.since,
    })),
    error: slot.error,
    needs: manifest?.needs ?? {},
    wants: manifest?.wants ?? {},
    builtin: candidate?.builtin ?? serving?.builtin ?? true,
    owns: describeOwned(serving, manifest),
    permissions: manifest?.permissions ?? [],
    capabilities: manifest?.capabilities ?? [],
  }
}

/** The state of the last load comes before the fact that an older generation serves; `generation` tells that. */
function stateOf(slot: Slot): PluginState {
  if (slot.stuck) return 'stuck'
  if (slot.loading) return 'starting'
  if (slot.quarantined) return 'quarantined'
  if (slot.error !== null) return 'failed'
  if (slot.serving !== null) return 'active'
  if (slot.alive.size > 0) return 'draining'
  return slot.candidate === null ? 'absent' : 'verified'
}

function describeOwned(serving: Generation | null, manifest: Manifest | null): PluginStatus['owns'] {
  const declared = serving?.declared
  return {
    routes: declared?.routes.map(({ method, path }) => `${method} ${path}`) ?? [],
    migrations: serving?.migrations.map(({ name }) => name) ?? [],
    services: [...(declared?.services.keys() ?? [])],
    points: [...new Set(declared?.points.map(({ key }) => key))],
    jobs: declared?.jobs.map(({ name }) => name) ?? [],
    effects: serving?.ledger.labels ?? [],
    ui: serving !== null && serving.ui !== null,
    gateway: manifest?.entries.gateway !== undefined,
  }
}
