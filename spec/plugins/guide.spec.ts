/** The code of plugins/README.md, bundled and run as it stands there. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { installBridge } from '../../kernel/bundle/bridge.ts'
import { bundleEntry } from '../../kernel/bundle/bundle.ts'
import type { Manifest } from '../../kernel/contract/index.ts'
import { evaluateBundle } from '../../kernel/evaluate/evaluate.ts'
import { bench } from '../../kernel/testing/index.ts'
import { ROOT, temporaryFolder } from '../fixtures/paths.ts'

/** Blocks of the guide by the file that the line before each names. */
function readGuide(): Map<string, string> {
  const guide = readFileSync(join(ROOT, 'plugins/README.md'), 'utf8')
  const blocks = guide.matchAll(/`([\w./-]+)`[^`\n]*(?:\n[^`\n]+)*:\n\n```\w+\n([\s\S]*?)\n```/g)
  return new Map([...blocks].map(([, name = '', text = '']) => [name.replace('DATA/plugins/notes/', ''), text]))
}

test('the plugin of the guide loads, answers and unloads', async t => {
  const files = readGuide()
  assert.deepEqual([...files.keys()].sort(), ['migrations/0001-notes.ts', 'plugin.json', 'server.ts', 'ui/index.tsx'])
  const folder = temporaryFolder(t)
  for (const [name, text] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const manifest = { needs: {}, wants: {}, ...JSON.parse(files.get('plugin.json') ?? '') } as Manifest
  const source = { id: 'notes', folder, manifest, folderOf: () => undefined }
  const buildDir = temporaryFolder(t)
  await bundleEntry(source, 'ui', buildDir)
  const { file } = await bundleEntry(source, 'server', buildDir)
  installBridge()
  const { definition, migrations } = evaluateBundle('notes', 'dashboard', join(buildDir, file))
  const plugin = await bench(definition as never, {
    id: 'notes',
    migrations: Object.fromEntries(migrations.map(({ name, migration }) => [name, migration])),
  })
  const made = await plugin.call('POST', '', { body: { text: 'hello' } })
  assert.equal(made.status, 201)
  assert.equal(((await plugin.call('GET', '')).body as { items: unknown[] }).items.length, 1)
  assert.ok(await plugin.denies('POST', '', { body: { text: 'hello' } }))
  await plugin.undone()
})
