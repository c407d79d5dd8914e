import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPrivateFile, openSecrets } from '../../../kernel/secrets/index.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'

const none: NodeJS.ProcessEnv = {}
const code = (name: string) => (error: unknown) => (error as { code?: string }).code === name

test('a sealed value opens again, in another process and with every kind of text', t => {
  const folder = temporaryFolder(t)
  for (const text of ['', 'a', 'ключ 🔑', randomBytes(9000).toString('base64')]) {
    const sealed = openSecrets(folder, none).seal(text, 'providers_provider.key.7')
    assert.equal(openSecrets(folder, none).open(sealed, 'providers_provider.key.7'), text)
    assert.ok(text === '' || !sealed.includes(text) || text === 'a')
  }
})

test('sealing twice never gives the same text', t => {
  const secrets = openSecrets(temporaryFolder(t), none)
  assert.notEqual(secrets.seal('same', 'p'), secrets.seal('same', 'p'))
})

test('every changed character, cut and appendix is noticed', t => {
  const secrets = openSecrets(temporaryFolder(t), none)
  const sealed = secrets.seal('value', 'table.column.row')
  for (let at = 0; at < sealed.length; at += 1) {
    const other = sealed[at] === 'A' ? 'B' : 'A'
    const altered = sealed.slice(0, at) + other + sealed.slice(at + 1)
    assert.throws(() => secrets.open(altered, 'table.column.row'), code('RUN_SECRET_UNREADABLE'), `character ${at}`)
    assert.throws(
      () => secrets.open(sealed.slice(0, at), 'table.column.row'),
      code('RUN_SECRET_UNREADABLE'),
      `cut at ${at}`,
    )
  }
  for (const tail of ['.', '=', 'A', '\n', '.AA']) {
    assert.throws(() => secrets.open(sealed + tail, 'table.column.row'), code('RUN_SECRET_UNREADABLE'))
  }
})

test('a value moved to another place, or with parts of another value, does not open', t => {
  const secrets = openSecrets(temporaryFolder(t), none)
  const one = secrets.seal('one', 'a.b.1').split('.')
  const two = secrets.seal('two', 'a.b.1').split('.')
  assert.throws(() => secrets.open(one.join('.'), 'a.b.2'), code('RUN_SECRET_UNREADABLE'))
  assert.throws(() => secrets.open([one[0], one[1], one[2], two[3]].join('.'), 'a.b.1'), code('RUN_SECRET_UNREADABLE'))
})

test('another installation cannot open it', t => {
  const sealed = openSecrets(temporaryFolder(t), none).seal('x', 'p')
  assert.throws(() => openSecrets(temporaryFolder(t), none).open(sealed, 'p'), code('RUN_SECRET_UNREADABLE'))
})

test('the key file is private, and nothing is left beside it', t => {
  const folder = temporaryFolder(t)
  openSecrets(folder, none)
  assert.equal(statSync(join(folder, 'keys')).mode & 0o777, 0o700)
  assert.equal(statSync(join(folder, 'keys/master.key')).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(folder, 'keys')), ['master.key'])
})

for (const mode of [0o640, 0o604, 0o660, 0o666, 0o610]) {
  test(`a key file of mode ${mode.toString(8)} is refused`, t => {
    const folder = temporaryFolder(t)
    openSecrets(folder, none)
    chmodSync(join(folder, 'keys/master.key'), mode)
    assert.throws(() => openSecrets(folder, none), code('RUN_KEYFILE_UNSAFE'))
  })
}

test('a key file that is a link, a folder or of the wrong length is refused and kept', t => {
  const folder = temporaryFolder(t)
  openSecrets(folder, none)
  const key = join(folder, 'keys/master.key')
  const elsewhere = join(folder, 'elsewhere')
  renameSync(key, elsewhere)
  symlinkSync(elsewhere, key)
  assert.throws(() => openSecrets(folder, none), code('RUN_KEYFILE_UNSAFE'))
  renameSync(key, join(folder, 'link'))
  mkdirSync(key, { mode: 0o700 })
  assert.throws(() => openSecrets(folder, none), code('RUN_KEYFILE_UNSAFE'))
  renameSync(key, join(folder, 'folder'))
  writeFileSync(key, randomBytes(31), { mode: 0o600 })
  assert.throws(() => openSecrets(folder, none), code('RUN_KEYFILE_UNSAFE'))
  assert.equal(readFileSync(key).length, 31)
})

test('a credential of the service manager is used instead of a key file', t => {
  const folder = temporaryFolder(t)
  const env = { CREDENTIALS_DIRECTORY: join(folder, 'credentials') }
  mkdirSync(env.CREDENTIALS_DIRECTORY)
  writeFileSync(join(env.CREDENTIALS_DIRECTORY, 'clawnex-master'), randomBytes(32), { mode: 0o400 })
  const sealed = openSecrets(folder, env).seal('x', 'p')
  assert.equal(openSecrets(folder, env).open(sealed, 'p'), 'x')
  assert.equal(existsSync(join(folder, 'keys')), false)
})

test('beside a database a missing key file is a loss, and no key is made; a credential stands in for it', t => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'clawnex.db'), '')
  assert.throws(() => openSecrets(folder, none), code('RUN_KEYFILE_MISSING'))
  assert.equal(existsSync(join(folder, 'keys')), false)
  const env = { CREDENTIALS_DIRECTORY: join(folder, 'credentials') }
  mkdirSync(env.CREDENTIALS_DIRECTORY)
  writeFileSync(join(env.CREDENTIALS_DIRECTORY, 'clawnex-master'), randomBytes(32), { mode: 0o400 })
  assert.doesNotThrow(() => openSecrets(folder, env))
})

test('of two that create the key at once, both use the first', t => {
  const path = join(temporaryFolder(t), 'keys', 'master.key')
  const first = createPrivateFile(path, randomBytes(32))
  assert.deepEqual(createPrivateFile(path, randomBytes(32)), first)
})
