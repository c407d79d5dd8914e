/** Serves the shell: its page with one import map, its hashed files, and the UI modules of plugins. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UiHost } from '../ports.ts'
import type { UiManifest } from './build.mjs'
import { noSessionPage, shellPage } from './pages.ts'
import { createPluginAssets } from './plugin-assets.ts'

export interface UiHostOptions {
  /** What `buildUi` wrote. */
  readonly uiDir: string
  /** A file of the folder of bundles by its name, or null. Read again for each request that is not cached. */
  pluginAsset(file: string): Buffer | null
  /** Product version, shown on the page. */
  readonly version: string
}

type Asset = NonNullable<ReturnType<UiHost['asset']>>

/** Throws when `uiDir` holds no complete build. */
export function createUiHost({ uiDir, pluginAsset, version }: UiHostOptions): UiHost {
  const manifest = JSON.parse(readFileSync(join(uiDir, 'manifest.json'), 'utf8')) as UiManifest
  const sprite = readFileSync(join(uiDir, 'sprite.svg'), 'utf8')
  const files = new Map(manifest.files.map(({ file, type }) => [file, readBuilt(uiDir, file, type)]))
  const shell = shellPage(manifest, sprite, version)
  const noSession = noSessionPage(manifest, sprite, version)
  const findPluginAsset = createPluginAssets(pluginAsset)
  return {
    shell: () => shell,
    noSession: () => noSession,
    asset(path) {
      const name = path.replace(/^\/?(assets\/)?/, '')
      return files.get(name) ?? findPluginAsset(name)
    },
  }
}

/** Held in memory: the whole shell is smaller than one photograph, and a file that vanishes cannot break open tabs. */
function readBuilt(uiDir: string, file: string, type: string): Asset {
  return {
    body: readFileSync(join(uiDir, file)),
    type,
    gzip: readFileSync(join(uiDir, `${file}.gz`)),
    brotli: readFileSync(join(uiDir, `${file}.br`)),
  }
}
