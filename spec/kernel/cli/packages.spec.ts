import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inputHash } from '../../../kernel/cli/launch/input-hash.mjs'
import { npmCommand } from '../../../kernel/cli/launch/npm.mjs'
import { ensurePackages, treeMatches } from '../../../kernel/cli/launch/packages.mjs'
import { temporaryFolder } from '../../fixtures/paths.ts'

const a = { version: '1.0.0', integrity: 'sha512-a' }
const b = { version: '2.0.0', integrity: 'sha512-b' }

function write(root: string, locked: Record<string, object>, installed?: Record<string, object>): void {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked } }))
  if (installed === undefined) return
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }))
}

test('packages count as installed when what npm wrote down is what the lock file says', t => {
  const root = temporaryFolder(t)
  const locked = {
    'node_modules/a': a,
    'node_modules/b': { ...b, dev: true },
    'node_modules/c': { ...a, optional: true },
  }
  write(root, locked)
  assert.ok(!treeMatches(root, 'runtime'), 'nothing there')
  write(root, locked, { 'node_modules/a': a })
  assert.ok(treeMatches(root, 'runtime'))
  assert.ok(!treeMatches(root, 'all'), 'those for tests are missing')
  write(root, locked, { 'node_modules/a': a, 'node_modules/b': { ...b, dev: true } })
  assert.ok(treeMatches(root, 'all'))
  write(root, locked, { 'node_modules/a': { ...a, integrity: 'sha512-x' } })
  assert.ok(!treeMatches(root, 'runtime'), 'another content')
  writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages"')
  assert.ok(!treeMatches(root, 'runtime'), 'a broken install')
})

test('a failing npm is told with its own words and what to do', async t => {
  const root = temporaryFolder(t)
  write(root, { 'node_modules/a': a })
  const bin = join(root, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'npm'), '#!/bin/sh\necho "npm error network unreachable" >&2\nexit 1\n', { mode: 0o755 })
  const { PATH, npm_execpath } = process.env
  t.after(() => Object.assign(process.env, { PATH, ...(npm_execpath ? { npm_execpath } : {}) }))
  process.env['PATH'] = `${bin}:${PATH}`
  delete process.env['npm_execpath']
  const told: string[] = []
  // npm runs with the folder of its Node first on PATH; one without an npm of its own leaves ours in place.
  const node = { path: join(root, 'node/bin/node'), version: '22.23.3', isPrivate: true }
  await assert.rejects(
    ensurePackages({ root, node, scope: 'runtime', progress: (text: string) => told.push(text) }),
    (error: Error & { code: string; action: string }) => {
      assert.equal(error.code, 'RUN_PACKAGES_FAILED')
      assert.match(error.message, /network unreachable/)
      assert.match(error.action, /registry/)
      return true
    },
  )
  assert.equal(told.length, 1)
})

test("npm is the one that started us; another package manager's script is not", () => {
  assert.deepEqual(npmCommand('/n/node', { npm_execpath: '/usr/lib/npm/bin/npm-cli.js' }), [
    '/n/node',
    ['/usr/lib/npm/bin/npm-cli.js'],
  ])
  assert.deepEqual(npmCommand('/n/node', { npm_execpath: '/usr/lib/pnpm.cjs' }), ['npm', []])
  assert.deepEqual(npmCommand('/n/node', {}), ['npm', []])
})

test('a build is named by content and names: every change of a source changes it, notes do not', t => {
  const root = temporaryFolder(t)
  mkdirSync(join(root, 'kernel'))
  const hash = () => inputHash(root, ['kernel', 'absent'], 'salt')
  writeFileSync(join(root, 'kernel/a.ts'), 'one')
  const first = hash()
  writeFileSync(join(root, 'kernel/README.md'), 'notes')
  assert.equal(hash(), first)
  writeFileSync(join(root, 'kernel/b.ts'), '')
  const second = hash()
  assert.notEqual(second, first)
  writeFileSync(join(root, 'kernel/a.ts'), 'on')
  writeFileSync(join(root, 'kernel/b.ts'), 'e')
  assert.notEqual(hash(), second)
  assert.notEqual(inputHash(root, ['kernel'], 'other salt'), hash())
})
