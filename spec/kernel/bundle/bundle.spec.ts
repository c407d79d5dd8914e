import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { installBridge } from '../../../kernel/bundle/bridge.ts'
import { bundleEntry } from '../../../kernel/bundle/bundle.ts'
import type { EntryKind, Source } from '../../../kernel/bundle/source.ts'
import type { Manifest } from '../../../kernel/contract/index.ts'
import { requireFresh } from '../../../kernel/evaluate/evaluate.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'

function place(t: TestContext, manifest: Partial<Manifest> = {}) {
  const root = temporaryFolder(t)
  const buildDir = join(root, 'build')
  const source: Source = {
    id: 'alpha',
    folder: join(root, 'alpha'),
    manifest: {
      needs: {},
      wants: {},
      entries: { server: 'server.ts', ui: 'ui.tsx', migrations: 'migrations' },
      ...manifest,
    } as Manifest,
    folderOf: id => join(root, id),
  }
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const build = (kind: EntryKind = 'server', pinned: string[] = []) => bundleEntry(source, kind, buildDir, pinned)
  const load = async (kind: EntryKind = 'server') => requireFresh(join(buildDir, (await build(kind)).file))
  return { root, buildDir, write, build, load }
}

installBridge()

describe('bundles', () => {
  it('carry definition and sorted migrations with the hash of their file', async t => {
    const { write, load } = place(t)
    write('alpha/server.ts', 'export default { answer: 42 }')
    write('alpha/migrations/0002-b.ts', 'export default { up() {} }')
    write('alpha/migrations/0001-a.ts', 'export default { up() {} }')
    const loaded = (await load()) as { definition: unknown; migrations: { name: string; sha256: string }[] }
    assert.deepEqual(loaded.definition, { answer: 42 })
    assert.deepEqual(
      loaded.migrations.map(({ name }) => name),
      ['0001-a', '0002-b'],
    )
    assert.match(loaded.migrations[0]?.sha256 ?? '', /^[0-9a-f]{64}$/)
  })

  it('share the packages of the host', async t => {
    const { write, load } = place(t)
    write(
      'alpha/server.ts',
      `import Type, { Object as Obj } from 'typebox'
import { Ajv } from 'ajv'
import semver from 'semver'
import { Cron } from 'croner'
import { definePlugin, CONTRACT_VERSION } from 'clawnex/contract'
import { readFileSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import { type RouteSpec } from 'clawnex/contract'
import words from './words.json'
import text from './note.txt'
export default [typeof Type.String, typeof Obj, typeof Ajv, semver.valid('1.0.0'), typeof Cron, typeof definePlugin, CONTRACT_VERSION, typeof readFileSync, words.a, text]`,
    )
    write('alpha/words.json', '{ "a": 1 }')
    write('alpha/note.txt', 'note')
    const { definition } = await load()
    assert.deepEqual(definition, [
      'function',
      'function',
      'function',
      '1.0.0',
      'function',
      'function',
      '1.0.0',
      'function',
      1,
      'note',
    ])
  })

  it('may use the tokens of plugins they name, and nothing else of them', async t => {
    const { write, load, build } = place(t, { wants: { beta: '^1.0.0' } })
    write('beta/contract.ts', "export const TOKEN = 'beta.thing'")
    write('beta/server.ts', 'export default 1')
    write('alpha/server.ts', "import { TOKEN } from '../beta/contract.ts'\nexport default TOKEN")
    assert.equal((await load())['definition'], 'beta.thing')
    write('alpha/server.ts', "import { TOKEN } from 'clawnex/plugins/beta'\nexport default TOKEN")
    assert.equal((await load())['definition'], 'beta.thing')
    write('alpha/server.ts', "import other from '../beta/server.ts'\nexport default other")
    await assert.rejects(build(), { code: 'PLG_IMPORT_FORBIDDEN' })
    write('gamma/contract.ts', 'export const TOKEN = 1')
    write('alpha/server.ts', "import { TOKEN } from '../gamma/contract.ts'\nexport default TOKEN")
    await assert.rejects(build(), { code: 'PLG_IMPORT_FORBIDDEN' })
  })

  it('are not fooled by a link out of the folder', async t => {
    const { write, build, root } = place(t)
    write('secret.ts', 'export default 1')
    write('alpha/server.ts', "import secret from './inside.ts'\nexport default secret")
    symlinkSync(join(root, 'secret.ts'), join(root, 'alpha/inside.ts'))
    await assert.rejects(build(), { code: 'PLG_IMPORT_FORBIDDEN' })
  })

  it('come from disk while the bytes of all sources are the same, whatever their times', async t => {
    const { write, build, root, buildDir } = place(t)
    write('alpha/server.ts', "import { x } from './x.ts'\nexport default x")
    write('alpha/x.ts', 'export const x = 1')
    const first = await build()
    utimesSync(join(root, 'alpha/x.ts'), new Date(), new Date())
    writeFileSync(join(buildDir, first.file), 'module.exports = { definition: "from disk" }')
    assert.deepEqual(await build(), first)
    write('alpha/x.ts', 'export const x = 2')
    assert.notEqual((await build()).file, first.file)
  })

  it('a damaged index is rebuilt, a new migration too', async t => {
    const { write, build, load, buildDir } = place(t)
    write('alpha/server.ts', 'export default 1')
    const first = await build()
    writeFileSync(join(buildDir, 'alpha-server.json'), '{ half')
    assert.deepEqual(await build(), first)
    write('alpha/migrations/0001-a.ts', 'export default { up() {} }')
    assert.equal(((await load())['migrations'] as unknown[]).length, 1)
  })

  it('stay on disk: the last two, and those that are pinned', async t => {
    const { write, build, buildDir } = place(t)
    const files: string[] = []
    for (let n = 0; n < 5; n += 1) {
      write('alpha/server.ts', `export default ${n}`)
      files.push((await build('server', files.slice(0, 1))).file)
    }
    const left = readdirSync(buildDir).filter(name => name.endsWith('.cjs'))
    assert.deepEqual(left.sort(), [files[0], files[3], files[4]].sort())
  })

  it('of the UI leave the shared packages to the import map, by exact name', async t => {
    const { write, build, buildDir } = place(t)
    write(
      'alpha/ui.tsx',
      "import { useState } from 'preact/hooks'\nimport { signal } from '@preact/signals'\nexport default () => <p>{useState(signal(1))}</p>",
    )
    const { file, hash } = await build('ui')
    assert.equal(file, `alpha-ui-${hash}.js`)
    const code = readFileSync(join(buildDir, file), 'utf8')
    const imports = [...code.matchAll(/from"([^"]+)"/g)].map(match => match[1]).sort()
    assert.deepEqual(imports, ['@preact/signals', 'preact/hooks', 'preact/jsx-runtime'])
  })

  it('of the UI have a size budget', async t => {
    const { write, build } = place(t)
    write('alpha/ui.tsx', `export default ${JSON.stringify('x'.repeat(300 * 1024))}`)
    await assert.rejects(build('ui'), { code: 'PLG_BUNDLE_FAILED' })
  })

  it('report TypeScript lines in their stacks', async t => {
    const { write, build, buildDir } = place(t)
    write('alpha/server.ts', "\n\n\nexport default function thrower() {\n  throw new Error('here')\n}")
    const { file } = await build()
    const { definition } = requireFresh(join(buildDir, file)) as { definition: () => void }
    assert.throws(definition, (error: Error) => /alpha\/server\.ts:5/.test(error.stack ?? ''))
    assert.ok(existsSync(join(buildDir, file)))
  })
})
