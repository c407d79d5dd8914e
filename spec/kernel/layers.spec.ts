import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../fixtures/paths.ts'
import { findImports, type Import, importsBelow, isInside } from '../fixtures/sources.ts'

/** Packages that a plugin of the product may use besides the host; the kernel's bridge and the shell provide the same ones. */
const PLUGIN_PACKAGES = /^(typebox|ajv|semver|croner|undici|preact|preact-iso|@preact\/signals)(\/|$)/

const isPackage = ({ specifier }: Import) => !specifier.startsWith('.')
const isNode = ({ specifier }: Import) => specifier.startsWith('node:')

function refused(imports: readonly Import[], allowed: (item: Import) => boolean): string[] {
  return imports.filter(item => !allowed(item)).map(({ file, specifier }) => `${file} imports ${specifier}`)
}

const contractRule = (item: Import) => (isPackage(item) ? item.typeOnly : isInside(item.target, 'kernel/contract'))

/** Kernel code meets plugins only at run time, and the shell only as files. `migrations` holds the kernel's own tables. */
const kernelRule = (item: Import) => {
  if (isPackage(item)) return !item.specifier.startsWith('clawnex/')
  return isInside(item.target, 'kernel') || isInside(item.target, 'migrations') || item.target === 'package.json'
}

const migrationRule = (item: Import) => {
  if (item.typeOnly) return isPackage(item) || isInside(item.target, 'kernel')
  return !isPackage(item) && (isInside(item.target, 'migrations') || isInside(item.target, 'kernel/contract'))
}

const pluginRule = (id: string) => (item: Import) => {
  if (isPackage(item))
    return /^clawnex\/(contract|ui)$/.test(item.specifier) || isNode(item) || PLUGIN_PACKAGES.test(item.specifier)
  return isInside(item.target, `plugins/${id}`) || /^plugins\/[a-z0-9-]+\/contract\.ts$/.test(item.target)
}

/** The query grammar is one function for browser, API and command line; the copy in the shell is the contract's own. */
const SHARED_CODE: Readonly<Record<string, string>> = { 'ui/sdk/query.ts': 'kernel/contract/query.ts' }

const uiRule = (item: Import) => {
  if (SHARED_CODE[item.file] === item.target) return true
  const isContract = item.specifier === 'clawnex/contract' || isInside(item.target, 'kernel/contract')
  if (isContract) return item.typeOnly
  return isPackage(item) ? !isNode(item) : isInside(item.target, 'ui')
}

test('contract imports nothing but types', () => {
  assert.deepEqual(refused(importsBelow('kernel/contract'), contractRule), [])
})

test('the kernel imports neither plugins nor the shell', () => {
  assert.deepEqual(refused(importsBelow('kernel'), kernelRule), [])
})

for (const id of pluginIds()) {
  test(`plugin ${id} imports the contract, its own folder and allowed packages only`, () => {
    assert.deepEqual(refused(importsBelow(`plugins/${id}`), pluginRule(id)), [])
  })
}

test('kernel migrations import the contract alone', () => {
  assert.deepEqual(refused(importsBelow('migrations'), migrationRule), [])
})

test('the shell imports nothing of the kernel but types of the contract', () => {
  assert.deepEqual(refused(importsBelow('ui'), uiRule), [])
})

test('the rules see every form of import', () => {
  const found = (file: string, text: string, rule: (item: Import) => boolean) =>
    refused(findImports(file, text), rule).length
  const plugin = pluginRule('x')
  for (const text of [
    "import { open } from '../../kernel/store/index.ts'",
    "import type { Store } from '../../kernel/store/index.ts'",
    "import {\n  a,\n  b,\n} from 'koa'",
    "export * from '../y/server.ts'",
    "import 'better-sqlite3'",
    "const koa = await import('koa')",
    "const koa = require('koa')",
  ]) {
    assert.equal(found('plugins/x/server.ts', text, plugin), 1, text)
  }
  assert.equal(
    found('plugins/x/server.ts', "import { A } from 'clawnex/contract'\nimport { t } from '../y/contract.ts'", plugin),
    0,
  )
  assert.equal(found('ui/shell/a.ts', "import { type A, b } from 'clawnex/contract'", uiRule), 1)
  assert.equal(found('ui/shell/a.ts', "import { type A, type B } from 'clawnex/contract'", uiRule), 0)
  assert.equal(found('kernel/contract/a.ts', "import Ajv from 'ajv'", contractRule), 1)
  assert.equal(found('kernel/a.ts', "import p from '../plugins/x/server.ts'", kernelRule), 1)
})

function pluginIds(): string[] {
  return readdirSync(join(ROOT, 'plugins'), { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? entry.name : [],
  )
}
