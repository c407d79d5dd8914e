import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { UI_PACKAGES } from '../../kernel/bundle/resolve.ts'
import type { UiHost } from '../../kernel/ports.ts'
import { buildUi, SHARED, type UiManifest } from '../../kernel/uihost/build.mjs'
import { createUiHost } from '../../kernel/uihost/index.ts'
import { ROOT, temporaryFolder } from '../fixtures/paths.ts'

const sha256 = (body: string | Buffer, encoding: 'hex' | 'base64'): string =>
  createHash('sha256').update(body).digest(encoding)

describe('UI host', () => {
  const cleanups: (() => void)[] = []
  let uiDir = ''
  let manifest: UiManifest
  let host: UiHost
  const bundles = new Map<string, Buffer>()

  before(async () => {
    uiDir = temporaryFolder({ after: fn => cleanups.push(fn) })
    manifest = await buildUi({ root: ROOT, outDir: uiDir })
    host = createUiHost({ uiDir, pluginAsset: name => bundles.get(name) ?? null, version: '1.2.3<' })
  })
  after(() => {
    for (const cleanup of cleanups) cleanup()
  })

  const inlineScripts = (html: string): string[] =>
    [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(match => match[1] ?? '')

  test('the only inline script is the import map, and the policy names its hash', () => {
    const { html, csp } = host.shell()
    const scripts = inlineScripts(html)
    assert.equal(scripts.length, 1)
    assert.match(
      csp,
      new RegExp(`script-src 'self' 'sha256-${sha256(scripts[0]!, 'base64').replace(/[+/]/g, '\\$&')}'`),
    )
    assert.doesNotMatch(csp, /unsafe|\*|https?:|data:/)
    assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=/)
  })

  test('the policy forbids everything it does not name', () => {
    for (const { csp } of [host.shell(), host.noSession()]) {
      for (const part of [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ]) {
        assert.ok(csp.split('; ').includes(part), part)
      }
    }
  })

  test('the import map offers what plugins may import, each with the hash of what is served', () => {
    const map = JSON.parse(inlineScripts(host.shell().html)[0]!) as {
      imports: Record<string, string>
      integrity: Record<string, string>
    }
    assert.deepEqual(Object.keys(map.imports).sort(), [...UI_PACKAGES].sort())
    for (const url of Object.values(map.imports)) {
      const body = host.asset(url)?.body
      assert.ok(body, url)
      assert.equal(map.integrity[url], `sha384-${createHash('sha384').update(body).digest('base64')}`)
    }
  })

  test('no file holds a second copy of a shared module', () => {
    const owners = Object.entries(manifest.inputs).filter(([, inputs]) =>
      inputs.some(path => /node_modules\/preact\/dist\/preact\.mjs$/.test(path)),
    )
    assert.deepEqual(
      owners.map(([name]) => name),
      ['preact'],
    )
    const sdk = Object.entries(manifest.inputs).filter(([, inputs]) => inputs.includes('ui/sdk/session.ts'))
    assert.deepEqual(
      sdk.map(([name]) => name),
      ['clawnex-ui'],
    )
    assert.equal(Object.keys(SHARED).length, UI_PACKAGES.size)
  })

  test('files are named by their content and come compressed', () => {
    for (const { file } of manifest.files) {
      const asset = host.asset(`/assets/${file}`)
      assert.ok(asset, file)
      assert.ok(file.includes(`-${sha256(asset.body, 'hex').slice(0, 16)}.`), file)
      assert.deepEqual(gunzipSync(asset.gzip!), asset.body)
      assert.deepEqual(brotliDecompressSync(asset.brotli!), asset.body)
    }
  })

  test('building again from the same sources gives the same names', async () => {
    const again = temporaryFolder({ after: fn => cleanups.push(fn) })
    const second = await buildUi({ root: ROOT, outDir: again })
    assert.deepEqual(second, manifest)
  })

  test('a UI module of a plugin is served only when its content has the hash of its name', () => {
    const body = Buffer.from('export default 1')
    const hash = sha256(body, 'hex')
    bundles.set(`traffic-ui-${hash}.js`, body)
    const asset = host.asset(`/assets/plugins/traffic-${hash}.js`)
    assert.deepEqual(asset?.body, body)
    assert.match(asset!.type, /^text\/javascript/)

    const other = sha256('something else', 'hex')
    bundles.set(`traffic-ui-${other}.js`, Buffer.from('export default "changed"'))
    assert.equal(host.asset(`/assets/plugins/traffic-${other}.js`), null)
  })

  test('nothing beside the built files can be reached', () => {
    for (const path of [
      '/assets/manifest.json',
      '/assets/../manifest.json',
      '/assets/plugins/../../package.json',
      `/assets/plugins/Traffic-${'0'.repeat(64)}.js`,
      '/assets/plugins/traffic-00.js',
      '/assets/',
      '',
    ]) {
      assert.equal(host.asset(path), null, path)
    }
  })

  test('the page without a session runs no script and tells the command for a link', () => {
    const { html, csp } = host.noSession()
    assert.doesNotMatch(html, /<script/)
    assert.match(csp, /script-src 'none'/)
    assert.match(html, /\.\/clawnex open/)
    assert.match(html, /1\.2\.3&#60;/)
  })

  test('an unfinished build is refused', () => {
    const folder = temporaryFolder({ after: fn => cleanups.push(fn) })
    mkdirSync(join(folder, 'half'))
    const broken = { ...manifest, files: manifest.files.slice(1) }
    writeFileSync(join(folder, 'half', 'manifest.json'), JSON.stringify(broken))
    writeFileSync(join(folder, 'half', 'sprite.svg'), '<svg></svg>')
    assert.throws(() => createUiHost({ uiDir: join(folder, 'half'), pluginAsset: () => null, version: '1' }))
    assert.throws(() => createUiHost({ uiDir: folder, pluginAsset: () => null, version: '1' }), /manifest\.json/)
  })

  test('the shell stays within its weight', () => {
    const sum = (kind: string): number =>
      manifest.files.filter(({ file }) => file.endsWith(kind)).reduce((total, { gzip }) => total + gzip, 0)
    assert.ok(sum('.js') <= 60 * 1024, `scripts: ${sum('.js')} bytes`)
    assert.ok(sum('.css') <= 14 * 1024, `style sheet: ${sum('.css')} bytes`)
  })

  test('every icon that the code may name is in the sprite, with its licence beside it', () => {
    const sprite = readFileSync(join(ROOT, 'ui/kit/icons/sprite.svg'), 'utf8')
    const names = readFileSync(join(ROOT, 'ui/kit/icons/names.ts'), 'utf8')
    const drawn = [...sprite.matchAll(/<symbol id="i-([a-z]+)"/g)].map(match => match[1]).sort()
    const named = [...names.matchAll(/\| '([a-z]+)'/g)].map(match => match[1]).sort()
    assert.deepEqual(drawn, named)
    assert.match(readFileSync(join(ROOT, 'ui/kit/icons/icons-license.txt'), 'utf8'), /ISC License/)
  })
})
