import { join } from 'node:path'
import { bundleEntry } from '../bundle/bundle.ts'
import type { Source } from '../bundle/source.ts'
import { discover, type Places } from '../discover/discover.ts'
import { checkIntegrity, fingerprint } from '../discover/integrity.ts'
import type { Candidate } from '../discover/manifest.ts'
import { type Evaluated, evaluateBundle } from '../evaluate/evaluate.ts'
import type { Origin } from '../generation/generation.ts'

/** Where plugins come from. Folders in the product, definitions in memory in `kernel/testing`. */
export interface Sources {
  discover(): readonly Candidate[]
  /** Throws PLG_INTEGRITY. */
  verify(candidate: Candidate): void
  /** Changes whenever the sources change. */
  fingerprint(candidate: Candidate): string
  /** `keep` is the last good origin, whose files must stay. */
  bundle(candidate: Candidate, all: readonly Candidate[], keep: Origin | null): Promise<Origin>
  /** Null for a plugin without code on this plane. */
  evaluate(plugin: string, origin: Origin): Evaluated | null
}

export function folderSources(plane: 'dashboard' | 'gateway', places: Places, buildDir: string): Sources {
  const kind = plane === 'dashboard' ? 'server' : 'gateway'
  return {
    discover: () => discover(places),
    verify: checkIntegrity,
    fingerprint: candidate => fingerprint(candidate.folder),
    async bundle(candidate, all, keep) {
      const manifest = candidate.manifest as NonNullable<Candidate['manifest']>
      const source: Source = {
        id: candidate.id,
        folder: candidate.folder,
        manifest,
        folderOf: id => all.find(other => other.id === id)?.folder,
      }
      const host =
        manifest.entries[kind] === undefined ? null : await bundleEntry(source, kind, buildDir, pinned(keep?.host))
      const ui =
        plane === 'gateway' || manifest.entries.ui === undefined
          ? null
          : await bundleEntry(source, 'ui', buildDir, pinned(keep?.ui?.file))
      return { manifest, host: host?.file ?? null, ui }
    },
    evaluate: (plugin, origin) =>
      origin.host === null ? null : evaluateBundle(plugin, plane, join(buildDir, origin.host)),
  }
}

const pinned = (file: string | null | undefined): string[] => (typeof file === 'string' ? [file] : [])
