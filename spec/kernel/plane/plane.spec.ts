import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RunError } from '../../../kernel/contract/index.ts'
import { callDashboard, socketPath } from '../../../kernel/plane/index.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { startDashboard, startGateway, until } from './rig.ts'

const code = (name: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, name)
  return true
}

test('records arrive once, in order, and the spool empties', async t => {
  const dataDir = temporaryFolder(t)
  const dashboard = await startDashboard(t, dataDir)
  const gateway = await startGateway(t, dataDir)
  const ids = Array.from({ length: 1000 }, (_, n) => gateway.plane.record('demo.row@1', { n }))
  await until(() => dashboard.taken().length >= 1000, '1000 records')
  assert.deepEqual(dashboard.taken(), ids)
  await until(() => dashboard.plane.gateway().spool?.pending === 0, 'nothing pending')
})

test('records written while no dashboard runs are taken when one comes, over restarts of both', async t => {
  const dataDir = temporaryFolder(t)
  const ids: string[] = []
  for (let round = 0; round < 3; round += 1) {
    const gateway = await startGateway(t, dataDir)
    for (let n = 0; n < 50; n += 1) ids.push(gateway.plane.record('demo.row@1', { round, n }))
    await gateway.stop()
  }
  const gateway = await startGateway(t, dataDir)
  for (let round = 0; round < 3; round += 1) {
    const dashboard = await startDashboard(t, dataDir)
    await until(() => dashboard.taken().length >= ids.length, 'all records')
    assert.deepEqual(dashboard.taken(), ids)
    await dashboard.stop()
    ids.push(gateway.plane.record('demo.row@1', { late: round }))
  }
})

test('values published in one turn become one snapshot, and nothing is written without a change', async t => {
  const dataDir = temporaryFolder(t)
  const gateway = await startGateway(t, dataDir)
  const dashboard = await startDashboard(t, dataDir, {
    before: plane => {
      plane.publish('a@1', { x: 1 })
      plane.publish('b@1', [1, 2])
    },
  })
  await until(() => gateway.plane.version() > 0, 'first snapshot')
  assert.equal(gateway.plane.version(), 1)
  assert.deepEqual(gateway.plane.value('b@1'), [1, 2])
  const changes: string[][] = []
  gateway.plane.onValues(changed => void changes.push([...changed].sort()))
  dashboard.plane.publish('a@1', { x: 2 })
  dashboard.plane.publish('c@1', true)
  dashboard.plane.publish('b@1', undefined)
  await until(() => gateway.plane.version() === 2, 'second snapshot')
  assert.deepEqual(changes, [['a@1', 'b@1', 'c@1']])
  assert.equal(gateway.plane.value('b@1'), undefined)
  const written = statSync(join(dataDir, 'plane/snapshot.json')).ino
  dashboard.plane.publish('a@1', { x: 2 })
  dashboard.plane.publish('d@1', 1)
  dashboard.plane.publish('d@1', undefined)
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  assert.equal(statSync(join(dataDir, 'plane/snapshot.json')).ino, written)
  await until(() => dashboard.plane.gateway().snapshotVersion === 2, 'status tells the version')
})

test('a gateway that starts alone acts on the snapshot on disk, and a restarted dashboard goes on counting', async t => {
  const dataDir = temporaryFolder(t)
  const publish = (value: number) => ({
    before: (plane: { publish(key: string, value: unknown): void }) => plane.publish('a@1', value),
  })
  await (await startDashboard(t, dataDir, publish(1))).stop()
  const gateway = await startGateway(t, dataDir)
  assert.equal(gateway.plane.value('a@1'), 1)
  await (await startDashboard(t, dataDir, publish(1))).stop()
  assert.equal(JSON.parse(readFileSync(join(dataDir, 'plane/snapshot.json'), 'utf8')).snapshot.version, 1)
  await startDashboard(t, dataDir, publish(2))
  await until(() => gateway.plane.value('a@1') === 2, 'the new value')
  assert.equal(gateway.plane.version(), 2)
})

test('a dashboard on replaced data overtakes a gateway that is ahead', async t => {
  const dataDir = temporaryFolder(t)
  const first = await startDashboard(t, dataDir, { before: plane => plane.publish('a@1', 0) })
  const gateway = await startGateway(t, dataDir)
  for (let n = 1; n < 5; n += 1) {
    first.plane.publish('a@1', n)
    await until(() => gateway.plane.value('a@1') === n, `value ${n}`)
  }
  await first.stop()
  for (const name of ['snapshot.json', 'snapshot.previous.json']) writeFileSync(join(dataDir, 'plane', name), '')
  await startDashboard(t, dataDir, { before: plane => plane.publish('a@1', 'fresh') })
  await until(() => gateway.plane.value('a@1') === 'fresh', 'the value of the new dashboard')
  assert.ok(gateway.plane.version() > 5)
})

test('the socket is private and commands run through it', async t => {
  const dataDir = temporaryFolder(t)
  await assert.rejects(callDashboard(dataDir, 'status', {}), code('ECONNREFUSED'))
  const dashboard = await startDashboard(t, dataDir)
  assert.equal(statSync(socketPath(dataDir)).mode & 0o777, 0o600)
  dashboard.plane.setCommands(async (command, args) => {
    if (command === 'echo') return args
    if (command === 'nothing') return undefined
    throw new RunError('RUN_USAGE', { detail: `There is no command "${command}".` })
  })
  assert.deepEqual(await callDashboard(dataDir, 'echo', { a: [1] }), { a: [1] })
  assert.equal(await callDashboard(dataDir, 'nothing', {}), null)
  await assert.rejects(callDashboard(dataDir, 'nonsense', {}), code('RUN_USAGE'))
  await dashboard.stop()
  await assert.rejects(callDashboard(dataDir, 'echo', {}), code('ECONNREFUSED'))
})

test('a data folder with a path too long for a socket still works', async t => {
  const dataDir = join(temporaryFolder(t), 'x'.repeat(120))
  assert.ok(Buffer.byteLength(socketPath(dataDir)) <= 100)
  const dashboard = await startDashboard(t, dataDir)
  const gateway = await startGateway(t, dataDir)
  gateway.plane.record('demo.row@1', 1)
  await until(() => dashboard.taken().length === 1, 'the record')
})

test('a socket file left by a dead process is replaced', async t => {
  const dataDir = temporaryFolder(t)
  await (await startDashboard(t, dataDir)).stop()
  writeFileSync(socketPath(dataDir), '')
  await startDashboard(t, dataDir)
  const gateway = await startGateway(t, dataDir)
  await until(() => gateway.plane.connected(), 'the connection')
})

test('a second gateway on the folder is refused', async t => {
  const dataDir = temporaryFolder(t)
  const first = await startGateway(t, dataDir)
  await assert.rejects(startGateway(t, dataDir), code('RUN_DATA_LOCKED'))
  await first.stop()
  await startGateway(t, dataDir)
})

test('status tells what the gateway says, and its absence', async t => {
  const dataDir = temporaryFolder(t)
  const dashboard = await startDashboard(t, dataDir)
  assert.equal(dashboard.plane.gateway().connected, false)
  const gateway = await startGateway(t, dataDir)
  gateway.plane.setStatus(() => ({
    plugins: [],
    calls: { active: 1, total: 7 },
    ready: true,
    port: 4001,
    litellm: null,
  }))
  await until(() => dashboard.plane.gateway().port === 4001, 'the port')
  assert.partialDeepStrictEqual(dashboard.plane.gateway(), {
    connected: true,
    ready: true,
    pid: process.pid,
    calls: { active: 1, total: 7 },
  })
  const seen: boolean[] = []
  dashboard.plane.onGateway(status => void seen.push(status.connected))
  await gateway.stop()
  await until(() => seen.includes(false), 'the loss')
  assert.equal(dashboard.plane.gateway().port, null)
})

test('nothing is left open or locked after both stop', async t => {
  const dataDir = temporaryFolder(t)
  const dashboard = await startDashboard(t, dataDir)
  const gateway = await startGateway(t, dataDir)
  gateway.plane.record('demo.row@1', 1)
  await until(() => dashboard.taken().length === 1, 'the record')
  await gateway.stop()
  await dashboard.stop()
  assert.deepEqual(readdirSync(join(dataDir, 'run')), [])
})
