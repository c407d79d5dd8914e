import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FILE_CALLS, type FileCalls } from '../../../kernel/plane/file-calls.ts'
import { openSigningKey, readVerifyKey } from '../../../kernel/plane/signing.ts'
import { loadSnapshot, openSnapshot, sealSnapshot, writeSnapshot } from '../../../kernel/plane/snapshot-file.ts'
import { prepareSocketFolder, socketPath } from '../../../kernel/plane/socket-path.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { failNth } from './fail-nth.ts'
import { startDashboard, startGateway, until } from './rig.ts'

const content = (version: number, value: unknown = version) => ({ version, at: 1, values: { 'a@1': value } })
const invalid = (error: unknown) => (error as { code?: string }).code === 'RUN_SNAPSHOT_INVALID'
const current = (dataDir: string) => join(dataDir, 'plane', 'snapshot.json')

function folderWithKey(t: TestContext): { dataDir: string; key: KeyObject; open: KeyObject } {
  const dataDir = temporaryFolder(t)
  const key = openSigningKey(dataDir)
  return { dataDir, key, open: createPublicKey(key) }
}

test('a signed snapshot opens with what was in it', t => {
  const { key, open } = folderWithKey(t)
  const value = { text: 'ä\u2028"', '10': 1, '2': [null, 1e21, -0.5], ['__proto__']: 'x' }
  assert.deepEqual(
    openSnapshot(open, sealSnapshot(key, content(3, value))),
    JSON.parse(JSON.stringify(content(3, value))),
  )
})

test('every changed byte and every cut is refused', t => {
  const { key, open } = folderWithKey(t)
  const text = sealSnapshot(key, content(1, 'value'))
  for (let at = 0; at < text.length - 1; at += 1) {
    const altered = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)
    assert.throws(() => openSnapshot(open, altered), invalid, `changed at ${at}`)
    assert.throws(() => openSnapshot(open, text.slice(0, at)), invalid, `cut at ${at}`)
  }
})

test('an unsigned snapshot, one of another installation, one of the wrong shape and one without a key are refused', t => {
  const { key, open } = folderWithKey(t)
  const other = openSigningKey(temporaryFolder(t))
  const bad: readonly string[] = [
    JSON.stringify({ snapshot: content(1) }),
    JSON.stringify(content(1)),
    sealSnapshot(other, content(1)),
    sealSnapshot(key, content(0)),
    sealSnapshot(key, content(1.5)),
    sealSnapshot(key, { ...content(1), values: [] as unknown as Record<string, unknown> }),
    'null',
    '',
  ]
  for (const text of bad) assert.throws(() => openSnapshot(open, text), invalid, text)
  assert.throws(() => openSnapshot(undefined, sealSnapshot(key, content(1))), invalid)
})

test('a damaged file falls back to the one before, and each bad one is told', t => {
  const { dataDir, key, open } = folderWithKey(t)
  writeSnapshot(dataDir, sealSnapshot(key, content(1)))
  writeSnapshot(dataDir, sealSnapshot(key, content(2)))
  const load = () => {
    const bad: string[] = []
    return { found: loadSnapshot(dataDir, open, (_, path) => bad.push(path))?.content.version, bad: bad.length }
  }
  assert.deepEqual(load(), { found: 2, bad: 0 })
  writeFileSync(current(dataDir), readFileSync(current(dataDir), 'utf8').slice(0, -20))
  assert.deepEqual(load(), { found: 1, bad: 1 })
  rmSync(current(dataDir))
  assert.deepEqual(load(), { found: 1, bad: 0 })
  writeFileSync(join(dataDir, 'plane/snapshot.previous.json'), '{}')
  assert.deepEqual(load(), { found: undefined, bad: 1 })
})

test('whatever file call fails, the disk holds the old or the new snapshot whole', t => {
  for (const kind of ['write', 'fsync', 'rename', 'open'] as const) {
    for (let n = 1; n <= 4; n += 1) {
      const { dataDir, key, open } = folderWithKey(t)
      writeSnapshot(dataDir, sealSnapshot(key, content(1)))
      const files: FileCalls = failNth(FILE_CALLS, kind, n, 'EIO')
      let failed = false
      try {
        writeSnapshot(dataDir, sealSnapshot(key, content(2)), files)
      } catch {
        failed = true
      }
      const found = loadSnapshot(dataDir, open, () => assert.fail('a bad snapshot on disk'))?.content.version
      assert.ok(found === 2 || (failed && found === 1), `${kind} ${n}: version ${found}`)
    }
  }
})

test('a damaged previous snapshot never replaces a good one that is being kept', t => {
  const { dataDir, key, open } = folderWithKey(t)
  writeSnapshot(dataDir, sealSnapshot(key, content(1)))
  writeSnapshot(dataDir, sealSnapshot(key, content(2)))
  writeFileSync(current(dataDir), 'damaged')
  writeSnapshot(dataDir, sealSnapshot(key, content(3)))
  assert.equal(loadSnapshot(dataDir, open, () => undefined)?.content.version, 3)
})

/** A dashboard that sends what it is told to. */
async function forgeDashboard(t: TestContext, dataDir: string) {
  const path = socketPath(dataDir)
  prepareSocketFolder(path)
  const sockets: Socket[] = []
  const heard: string[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    socket.on('data', data => heard.push(String(data)))
    socket.on('error', () => undefined)
    socket.write('{"t":"welcome","v":1}\n')
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { heard, send: (text: string) => sockets.at(-1)?.write(text), connected: () => sockets.length }
}

test('a damaged key is no key: the gateway trusts nothing by it, and the dashboard makes another', t => {
  for (const damage of ['x', '', createPublicKeyOfOtherKind()]) {
    const { dataDir, key } = folderWithKey(t)
    writeFileSync(join(dataDir, 'keys', 'snapshot.pub'), damage)
    assert.equal(readVerifyKey(dataDir), undefined)
    writeFileSync(join(dataDir, 'keys', 'snapshot.key'), damage)
    const renewed = openSigningKey(dataDir)
    const open = readVerifyKey(dataDir)
    assert.deepEqual(openSnapshot(open, sealSnapshot(renewed, content(2))), content(2))
    assert.throws(() => openSnapshot(open, sealSnapshot(key, content(3))), invalid)
    assert.ok(openSigningKey(dataDir).equals(renewed))
  }
})

function createPublicKeyOfOtherKind(): string {
  return String(generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }))
}

test('the gateway refuses older, unsigned and damaged snapshots, says so, and keeps the last good one', async t => {
  const { dataDir, key } = folderWithKey(t)
  const dashboard = await forgeDashboard(t, dataDir)
  const gateway = await startGateway(t, dataDir)
  const offer = (text: string) => dashboard.send(`${JSON.stringify({ t: 'snapshot', text })}\n`)
  await until(() => gateway.plane.connected(), 'the connection')
  offer(sealSnapshot(key, content(5)))
  await until(() => gateway.plane.version() === 5, 'the good snapshot')
  const bad = [
    sealSnapshot(key, content(4)),
    sealSnapshot(key, content(5, 'other')),
    sealSnapshot(openSigningKey(temporaryFolder(t)), content(9)),
    '{}',
    'x',
  ]
  for (const text of bad) offer(text)
  const refusals = () => dashboard.heard.join('').split('RUN_SNAPSHOT_INVALID').length - 1
  await until(() => refusals() === bad.length, 'a report of each')
  assert.equal(gateway.plane.version(), 5)
  assert.equal(gateway.plane.value('a@1'), 5)
  assert.equal(gateway.lines.filter(line => line.level === 'error').length, bad.length)
  offer(sealSnapshot(key, content(6)))
  await until(() => gateway.plane.version() === 6, 'the next good one')
})

test('garbage from the other end costs the connection and nothing else', async t => {
  const { dataDir } = folderWithKey(t)
  const dashboard = await forgeDashboard(t, dataDir)
  const gateway = await startGateway(t, dataDir)
  await until(() => dashboard.connected() === 1, 'the connection')
  dashboard.send('garbage\n')
  await until(() => dashboard.connected() === 2, 'a new connection')
  gateway.plane.record('demo.row@1', 1)
})

test('garbage from a client costs its connection and nothing else', async t => {
  const dataDir = temporaryFolder(t)
  const dashboard = await startDashboard(t, dataDir)
  const hostile = [
    'garbage\n',
    '{"t":"records"}\n',
    '{"t":"hello","v":99,"role":"gateway"}\n',
    '{"t":"hello","v":1,"role":"gateway"}\n{"t":"records","rows":5}\n',
  ]
  for (const text of hostile) {
    const socket = connect(socketPath(dataDir))
    socket.on('error', () => undefined)
    socket.write(text)
    await new Promise<void>(resolve => setTimeout(resolve, 20))
    socket.destroy()
  }
  const gateway = await startGateway(t, dataDir)
  const id = gateway.plane.record('demo.row@1', 1)
  await until(() => dashboard.taken().length === 1, 'the record')
  assert.deepEqual(dashboard.taken(), [id])
})

test('a snapshot that cannot be written stays pending and is written later', async t => {
  const dataDir = temporaryFolder(t)
  mkdirSync(join(dataDir, 'plane', 'snapshot.json.new'), { recursive: true })
  const gateway = await startGateway(t, dataDir)
  const dashboard = await startDashboard(t, dataDir, { before: plane => plane.publish('a@1', 1) })
  assert.equal(gateway.plane.version(), 0)
  assert.ok(dashboard.lines.some(line => line.level === 'error'))
  rmSync(join(dataDir, 'plane', 'snapshot.json.new'), { recursive: true })
  await until(() => gateway.plane.value('a@1') === 1, 'the value')
})
