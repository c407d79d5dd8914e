import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NODE_PACKAGES, nodeFits, nodePackageFor } from '../../../kernel/cli/launch/platform.mjs'
import { unpackNode } from '../../../kernel/cli/launch/provide-node.mjs'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { tarOf, writeArchive } from './archive.ts'

test('Node 22 from 22.22 and Node 24 are used as they are; anything else gets the private build', () => {
  for (const version of ['22.22.0', '22.23.3', '24.0.0', '24.11.1']) assert.ok(nodeFits(version), version)
  for (const version of ['18.20.0', '20.20.2', '22.21.9', '23.5.0', '25.1.0', ''])
    assert.ok(!nodeFits(version), version)
})

test('every supported platform has one pinned build of Node 22 that fits', () => {
  for (const platform of ['linux', 'darwin']) {
    for (const arch of ['x64', 'arm64']) {
      const choice = nodePackageFor({ platform, arch, musl: false })
      assert.ok('package' in choice, `${platform}-${arch}`)
      assert.ok(nodeFits(choice.package.version))
      assert.equal(Buffer.from(choice.package.integrity.replace(/^sha512-/, ''), 'base64').length, 64)
    }
  }
  const integrities = Object.values(NODE_PACKAGES).map(({ integrity }) => integrity)
  assert.equal(new Set(integrities).size, integrities.length)
})

test('musl and unknown platforms are told by name instead of getting a build that cannot run', () => {
  const musl = nodePackageFor({ platform: 'linux', arch: 'x64', musl: true })
  assert.ok('why' in musl && /musl/.test(musl.why))
  const other = nodePackageFor({ platform: 'sunos', arch: 'sparc', musl: false })
  assert.ok('why' in other && /sunos-sparc/.test(other.why))
  assert.ok('why' in nodePackageFor({ platform: 'toString', arch: '', musl: false }))
})

test('an archive with the pinned integrity becomes an executable with its licence', async t => {
  const folder = temporaryFolder(t)
  const archive = join(folder, 'node.tgz')
  const integrity = writeArchive(
    archive,
    tarOf([
      { name: 'package/LICENSE', body: Buffer.from('licence') },
      { name: 'package/include/node/node.h', body: Buffer.from('header') },
      { name: 'package/bin/node', body: Buffer.from('#!/bin/sh\n') },
    ]),
  )
  const path = join(folder, 'node/22.23.3/bin/node')
  await unpackNode(archive, integrity, path)
  assert.equal(readFileSync(path, 'utf8'), '#!/bin/sh\n')
  assert.equal(statSync(path).mode & 0o100, 0o100)
  assert.deepEqual(readdirSync(join(folder, 'node/22.23.3')).sort(), ['LICENSE', 'bin'])
})

test('another archive is refused with RUN_NODE_UNAVAILABLE and leaves nothing behind', async t => {
  const folder = temporaryFolder(t)
  const archive = join(folder, 'node.tgz')
  const path = join(folder, 'node/22.23.3/bin/node')
  const integrity = writeArchive(archive, tarOf([{ name: 'package/README.md', body: Buffer.from('no node in here') }]))
  await assert.rejects(unpackNode(archive, integrity.replace(/.{4}==$/, 'AAAA=='), path), {
    code: 'RUN_NODE_UNAVAILABLE',
    message: /not the pinned one/,
  })
  assert.ok(!existsSync(join(folder, 'node')))
  await assert.rejects(unpackNode(archive, integrity, path), { code: 'RUN_NODE_UNAVAILABLE', message: /no bin\/node/ })
  assert.deepEqual(readdirSync(join(folder, 'node')), [])
})
