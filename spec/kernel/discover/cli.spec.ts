import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import type { PluginError } from '../../../kernel/contract/index.ts'
import { loadCliCommands } from '../../../kernel/discover/cli.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'

it('loads the commands of all plugins; a broken entry is told and keeps no other from running', async t => {
  const root = temporaryFolder(t)
  const write = (id: string, text: string): void => {
    mkdirSync(join(root, 'plugins', id), { recursive: true })
    const manifest = { id, version: '1.0.0', title: id, api: '^1.0.0', kind: 'feature', entries: { cli: 'cli.ts' } }
    writeFileSync(join(root, 'plugins', id, 'plugin.json'), JSON.stringify(manifest))
    writeFileSync(join(root, 'plugins', id, 'cli.ts'), text)
  }
  write('alpha', 'export default {{{')
  write('beta', "throw new Error('top')")
  write('gamma', 'export default 1')
  write(
    'scan',
    "import { defineCli } from 'clawnex/contract'\nexport default defineCli([{ name: 'scan', summary: 's', usage: 'u', run: (args, io) => { io.out(args.join()); return 6 } }])",
  )
  const failures: PluginError[] = []
  const commands = await loadCliCommands(
    { builtinDir: join(root, 'plugins'), extraDir: join(root, 'none'), buildDir: join(root, 'build') },
    error => failures.push(error),
  )
  assert.deepEqual(
    failures.map(({ plugin, code }) => `${plugin} ${code}`),
    ['alpha PLG_BUNDLE_FAILED', 'beta PLG_EVAL_FAILED', 'gamma PLG_NOT_A_PLUGIN'],
  )
  assert.deepEqual(
    commands.map(({ name }) => name),
    ['scan'],
  )
  let out = ''
  const io = {
    out: (text: string) => {
      out += text
    },
    err() {},
    dataDir: root,
  } as never
  assert.equal(await commands[0]?.run(['a', 'b'], io), 6)
  assert.equal(out, 'a,b')
})
