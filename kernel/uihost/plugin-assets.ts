import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { UiHost } from '../ports.ts'

type Asset = NonNullable<ReturnType<UiHost['asset']>>

const NAME = /^plugins\/([a-z][a-z0-9-]*)-([0-9a-f]{64})\.js$/
/** Two generations of as many plugins as anyone runs. */
const KEPT = 64

/** UI modules by their address. A body that does not have the hash of its name is not served, whatever put it there. */
export function createPluginAssets(read: (file: string) => Buffer | null): (name: string) => Asset | null {
  const cache = new Map<string, Asset>()
  return name => {
    const [, plugin, hash] = NAME.exec(name) ?? []
    if (plugin === undefined || hash === undefined) return null
    const known = cache.get(name)
    if (known !== undefined) return known
    const body = read(`${plugin}-ui-${hash}.js`)
    if (body === null || createHash('sha256').update(body).digest('hex') !== hash) return null
    const asset = compress(body)
    const oldest = cache.keys().next()
    if (cache.size >= KEPT && !oldest.done) cache.delete(oldest.value)
    cache.set(name, asset)
    return asset
  }
}

/** Middle effort: it runs while someone waits for the reload. */
function compress(body: Buffer): Asset {
  return {
    body,
    type: 'text/javascript; charset=utf-8',
    gzip: gzipSync(body),
    brotli: brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  }
}
