import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { extractFiles } from '../../../kernel/cli/launch/tar.mjs'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { tarOf, writeArchive } from './archive.ts'

test('only the files asked for are written, byte for byte, whatever surrounds them', async t => {
  const folder = temporaryFolder(t)
  const bytes = fc.uint8Array({ maxLength: 3000 }).map(part => Buffer.from(part))
  let round = 0
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 4 }), bytes, async (others, body) => {
      const at = round++
      const entries = others.map((other, index) => ({ name: `package/other-${index}`, body: other }))
      const archive = join(folder, `${at}.tgz`)
      writeArchive(archive, tarOf([...entries, { name: 'package/bin/node', body }, ...entries]))
      const target = join(folder, `node-${at}`)
      const found = await extractFiles(archive, new Map([['package/bin/node', { path: target, mode: 0o755 }]]))
      assert.deepEqual(found, ['package/bin/node'])
      assert.deepEqual(readFileSync(target), body)
      assert.equal(statSync(target).mode & 0o777, 0o755)
    }),
    { numRuns: 30 },
  )
  assert.equal(readdirSync(folder).length, round * 2, 'nothing but archives and wanted files')
})

test('an entry that points outside, a link and an extended header write nothing', async t => {
  const folder = temporaryFolder(t)
  const archive = join(folder, 'a.tgz')
  const evil = Buffer.from('evil')
  writeArchive(
    archive,
    tarOf([
      { name: '../escaped', body: evil },
      { name: 'package/bin/node', body: Buffer.alloc(0), type: '2' },
      { name: 'PaxHeader', body: Buffer.from('18 path=../escaped\n'), type: 'x' },
    ]),
  )
  const target = { path: join(folder, 'node'), mode: 0o755 }
  assert.deepEqual(await extractFiles(archive, new Map([['package/bin/node', target]])), [])
  assert.ok(!existsSync(target.path))
  assert.ok(!existsSync(join(folder, '../escaped')))
})

test('a truncated or damaged archive is refused', async t => {
  const folder = temporaryFolder(t)
  const whole = tarOf([{ name: 'package/bin/node', body: Buffer.alloc(5000, 7) }])
  const wanted = (name: string) => new Map([['package/bin/node', { path: join(folder, name), mode: 0o755 }]])
  const cut = join(folder, 'cut.tgz')
  writeFileSync(cut, gzipSync(whole.subarray(0, 2000)))
  await assert.rejects(extractFiles(cut, wanted('a')), /truncated/)
  const torn = join(folder, 'torn.tgz')
  writeFileSync(torn, gzipSync(whole).subarray(0, 60))
  await assert.rejects(extractFiles(torn, wanted('b')))
  const flipped = Buffer.from(whole)
  flipped[3] = (flipped[3] ?? 0) ^ 1
  const bad = join(folder, 'bad.tgz')
  writeFileSync(bad, gzipSync(flipped))
  await assert.rejects(extractFiles(bad, wanted('c')), /checksum/)
})
