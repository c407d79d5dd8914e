import type { Permission } from './permissions.ts'

/** `plugin.json` after validation against `manifest.schema.json`. */
export interface Manifest {
  readonly id: string
  readonly version: string
  readonly title: string
  readonly summary?: string
  /** Range of the contract version; pins one major. */
  readonly api: string
  readonly kind: 'feature' | 'installer'
  /** Plugin id to range: hard needs, and soft ones that only order the load. */
  readonly needs: Readonly<Record<string, string>>
  readonly wants: Readonly<Record<string, string>>
  /** Services offered, as `id@major`. */
  readonly offers: readonly string[]
  readonly config?: { readonly schema: Readonly<Record<string, unknown>>; readonly version: string }
  readonly capabilities: readonly {
    readonly name: string
    readonly scope?: readonly string[]
    readonly reason: string
  }[]
  readonly permissions: readonly Permission[]
  readonly entries: {
    readonly server?: string
    readonly gateway?: string
    readonly ui?: string
    readonly cli?: string
    /** Folder of migrations. */
    readonly migrations?: string
  }
  /** Names of unstable contract features in use. */
  readonly preview: readonly string[]
  /** SHA-256 of packed files, by path. */
  readonly integrity?: Readonly<Record<string, string>>
}
