import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockedPackages, packageJson, runtimePackages } from '../fixtures/lock-file.ts'
import { importsBelow, readSource } from '../fixtures/sources.ts'

const MOST_DIRECT = 60
const MOST_IN_ALL = 220

/** Packages that carry an install script. None is run (`ignore-scripts`); each works without it. */
const WITH_SCRIPT: Readonly<Record<string, string>> = {
  esbuild: 'finds its binary in the package of the platform',
  'dtrace-provider': 'optional part of bunyan, unused',
}

test('the runtime stays below its ceiling of packages', () => {
  const direct = Object.keys(packageJson.dependencies).length
  assert.ok(direct <= MOST_DIRECT, `${direct} direct packages`)
  const all = runtimePackages().length
  assert.ok(all <= MOST_IN_ALL, `${all} packages in all`)
})

test('every version is exact', () => {
  const ranges = Object.entries({ ...packageJson.dependencies, ...packageJson.devDependencies })
  assert.deepEqual(
    ranges.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
    [],
  )
})

test('the lock file pins contents, not places', () => {
  for (const { path, integrity, resolved } of lockedPackages()) {
    assert.match(String(integrity), /^sha512-/, path)
    assert.equal(resolved, undefined, path)
  }
})

test('no install script is run, and each package that has one works without it', () => {
  assert.match(readSource('.npmrc'), /^ignore-scripts=true$/m)
  const names = runtimePackages().flatMap(({ name, hasInstallScript }) => (hasInstallScript ? name : []))
  assert.deepEqual(
    names.filter(name => !(name in WITH_SCRIPT)),
    [],
  )
})

test('every direct package of the runtime is used', () => {
  const used = new Set(
    ['kernel', 'plugins', 'ui'].flatMap(importsBelow).map(({ specifier }) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0]),
  )
  assert.deepEqual(
    Object.keys(packageJson.dependencies).filter(name => !used.has(name)),
    [],
  )
})

test('nothing of the runtime is only there for tests', () => {
  const imports = ['kernel', 'plugins', 'ui'].flatMap(importsBelow).filter(({ typeOnly }) => !typeOnly)
  const devOnly = imports.filter(({ specifier }) => Object.hasOwn(packageJson.devDependencies, specifier))
  assert.deepEqual(
    devOnly.map(({ file, specifier }) => `${file} imports ${specifier}`),
    [],
  )
})
