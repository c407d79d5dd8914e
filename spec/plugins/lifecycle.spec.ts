/** rbac, providers and traffic in the real kernel: load, reload, unload; what must outlive a reload and what must not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS, CALLS, type Migration, MODEL_KEYS, RECORDING } from '../../kernel/contract/index.ts'
import { type AnyDefinition, bench } from '../../kernel/testing/index.ts'
import providersGateway from '../../plugins/providers/gateway.ts'
import providersMigration from '../../plugins/providers/migrations/0001-providers.ts'
import routeMigration from '../../plugins/providers/migrations/0002-route.ts'
import providers from '../../plugins/providers/server.ts'
import { INTERNAL_KEYS, KEY_TABLE } from '../../plugins/rbac/contract.ts'
import rbacGateway from '../../plugins/rbac/gateway.ts'
import rbacMigration from '../../plugins/rbac/migrations/0001-keys-and-sessions.ts'
import rbac from '../../plugins/rbac/server.ts'
import trafficGateway from '../../plugins/traffic/gateway.ts'
import trafficMigration from '../../plugins/traffic/migrations/0001-calls.ts'
import traffic from '../../plugins/traffic/server.ts'
import { callRecord, recorded } from './traffic/start.ts'

interface Case {
  readonly server: AnyDefinition
  readonly gateway: AnyDefinition
  readonly migrations: Readonly<Record<string, Migration>>
}

const CASES: Readonly<Record<string, Case>> = {
  rbac: { server: rbac, gateway: rbacGateway, migrations: { '0001-keys-and-sessions': rbacMigration } },
  providers: {
    server: providers,
    gateway: providersGateway,
    migrations: { '0001-providers': providersMigration, '0002-route': routeMigration },
  },
  traffic: { server: traffic, gateway: trafficGateway, migrations: { '0001-calls': trafficMigration } },
}

for (const [id, { server, gateway, migrations }] of Object.entries(CASES)) {
  test(`${id} loads on both planes, reloads and leaves nothing behind`, async () => {
    const dashboard = await bench(server, { id, migrations })
    await dashboard.reload(server)
    await dashboard.reload(server)
    assert.equal(dashboard.status().state, 'active')
    assert.equal(dashboard.status().generation, 3)
    await dashboard.undone()
    const plane = await bench(gateway, { id })
    await plane.reload(gateway)
    await plane.undone()
  })

  test(`every route of ${id} refuses those without its permission`, async () => {
    const plugin = await bench(server, { id, migrations })
    for (const route of plugin.status().owns.routes) {
      const [method = '', path = ''] = route.split(' ')
      assert.ok(await plugin.denies(method, path.replace(/:\w+/g, 'x'), { body: {} }), route)
    }
    assert.ok(plugin.status().owns.routes.length > 4)
    await plugin.undone()
  })
}

test('a reload of rbac keeps listeners, the internal key and first keys nobody took', async () => {
  const plugin = await bench(rbac, { id: 'rbac', migrations: CASES['rbac']?.migrations ?? {} })
  const before = plugin.service(ACCESS)
  const internal = plugin.service(INTERNAL_KEYS)?.modelKey()
  const heard: string[] = []
  before?.onRevoked(id => heard.push(id))
  await plugin.reload(rbac)
  const access = plugin.service(ACCESS)
  assert.notEqual(access, before)
  assert.equal(plugin.service(INTERNAL_KEYS)?.modelKey(), internal)
  const first = access?.takeFirstKeys()
  assert.ok(first)
  const key = plugin.published(KEY_TABLE)?.keys.find(({ name }) => name === 'first model key')
  assert.equal(key?.last4, first.modelKey.slice(-4))
  await plugin.call('DELETE', `/keys/${key?.id}`)
  assert.deepEqual(heard, [key?.id])
  await plugin.undone()
})

test('what the dashboard publishes is what the gateway acts on', async () => {
  const server = await bench(rbac, { id: 'rbac', migrations: CASES['rbac']?.migrations ?? {} })
  const plane = await bench(rbacGateway, { id: 'rbac' })
  const first = server.service(ACCESS)?.takeFirstKeys()
  plane.accept(KEY_TABLE, server.published(KEY_TABLE) ?? { keys: [] })
  assert.match(plane.service(MODEL_KEYS)?.verify(first?.modelKey ?? '')?.label ?? '', /^first model key/)
  await plane.reload(rbacGateway)
  assert.ok(
    plane.service(MODEL_KEYS)?.verify(first?.modelKey ?? ''),
    'a new generation starts with the snapshot in force',
  )
  await Promise.all([server.undone(), plane.undone()])
  const recording = await bench(trafficGateway, { id: 'traffic' })
  assert.equal(recording.service(RECORDING)?.textMode(), 'metadata')
  await recording.undone()
})

test('calls delivered to either generation are on record once', async () => {
  const plugin = await bench(traffic, { id: 'traffic', migrations: CASES['traffic']?.migrations ?? {} })
  const calls = Array.from({ length: 10 }, () => callRecord())
  plugin.ingest(CALLS, calls.slice(0, 6).map(recorded))
  await plugin.reload(traffic)
  plugin.ingest(CALLS, calls.map(recorded))
  const { body } = await plugin.call('GET', '')
  assert.equal((body as { items: unknown[] }).items.length, 10)
  await plugin.undone()
})
