import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { HostBase, JobSpec, Manifest } from '../contract/index.ts'
import type { Definition } from '../evaluate/evaluate.ts'
import type { NamedMigration } from '../ports.ts'
import type { Sources } from '../transaction/sources.ts'
import type { AnyDefinition, BenchOptions } from './bench.ts'
import { exposeGc } from './resources.ts'

/** The one plugin of the bench as a source of plugins. Hosts are followed, because whatever outlives a generation holds one. */
export function memorySource(id: string, first: AnyDefinition, options: BenchOptions) {
  let definition = first as unknown as Definition
  let present = true
  let version = 0
  const hosts: WeakRef<object>[] = []
  const jobs = new Map<string, JobSpec>()
  const manifest: Manifest = {
    id,
    version: '1.0.0',
    title: id,
    api: '^1.0.0',
    kind: 'feature',
    needs: {},
    wants: {},
    offers: [],
    ...(options.config === undefined
      ? {}
      : { config: { version: '1.0', schema: options.config.schema ?? { type: 'object' } } }),
    capabilities: [],
    permissions: [],
    entries: {},
    preview: [],
  }
  const migrations: NamedMigration[] = Object.entries(options.migrations ?? {}).map(([name, migration]) => ({
    name,
    sha256: createHash('sha256').update(String(migration.up)).digest('hex'),
    migration,
  }))
  const noteJob = (host: HostBase<unknown>) => (spec: JobSpec) => {
    host.job(spec)
    jobs.set(spec.name, spec)
  }
  const follow = (current: Definition): Definition => ({
    ...current,
    setup(given, needs, carried) {
      const host = Object.freeze({ ...(given as HostBase<unknown>), job: noteJob(given as HostBase<unknown>) })
      hosts.push(new WeakRef(host))
      return current.setup(host, needs, carried)
    },
  })
  const sources: Sources = {
    discover: () => (present ? [{ id, folder: '', builtin: true, manifest, error: null }] : []),
    verify() {},
    fingerprint: () => String(version),
    bundle: async () => ({ manifest, host: 'memory', ui: null }),
    evaluate: () => ({ definition: follow(definition), migrations }),
  }
  return {
    sources,
    replace(next: AnyDefinition) {
      definition = next as unknown as Definition
      version += 1
    },
    remove() {
      present = false
    },
    async runJob(name: string) {
      const job = jobs.get(name)
      if (job === undefined) throw new Error(`there is no job "${name}"`)
      await job.run(new AbortController().signal)
    },
    async aliveHosts() {
      const gc = exposeGc()
      for (let round = 0; round < 6; round += 1) {
        await turn()
        gc()
      }
      // The last one serves.
      return hosts.slice(0, -1).filter(host => host.deref() !== undefined).length
    },
  }
}
