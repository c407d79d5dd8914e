import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PluginError } from '../../../kernel/contract/index.ts'
import type { DashboardPlane, GatewayPlane, RecordHandler } from '../../../kernel/ports.ts'
import { codeOf, offering, server, service, workshop } from './fixture.ts'

/** The dashboard end of the plane, recording; `answer` decides what the gateway says to a stage. */
function dashboardPlane(answer: () => 'absent' | 'accept' | 'refuse' | 'lost') {
  const calls: string[] = []
  const values = new Map<string, unknown>()
  let find: (key: string) => readonly RecordHandler[] = () => []
  const plane = {
    publish(key: string, value: unknown) {
      if (value === undefined) values.delete(key)
      else values.set(key, value)
    },
    setHandlers(given: typeof find) {
      find = given
    },
    async stageOnGateway(plugin: string) {
      calls.push(`stage ${plugin}`)
      if (answer() === 'absent') return null
      if (answer() === 'refuse') {
        throw new PluginError('PLG_GATEWAY_REFUSED', { phase: 'probe', plugin }, { detail: 'PLG_SETUP_FAILED' })
      }
      return {
        async commit() {
          calls.push('commit')
          if (answer() === 'lost') throw new Error('socket closed')
        },
        abort: async () => void calls.push('abort'),
      }
    },
  }
  return { plane: plane as unknown as DashboardPlane, calls, values, handlers: (key: string) => find(key) }
}

function gatewayPlane() {
  const values = new Map<string, unknown>()
  const listeners = new Set<(changed: ReadonlySet<string>) => void>()
  const rows: [string, unknown][] = []
  const plane = {
    value: (key: string) => values.get(key),
    onValues(listener: (changed: ReadonlySet<string>) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    record(key: string, row: unknown) {
      rows.push([key, row])
      return 'id'
    },
  }
  const accept = (key: string, value: unknown): void => {
    values.set(key, value)
    for (const listener of listeners) listener(new Set([key]))
  }
  return { plane: plane as unknown as GatewayPlane, accept, rows }
}

const GATEWAY =
  "import { defineGatewayPlugin } from 'clawnex/contract'\nexport default defineGatewayPlugin({ setup() {} })"

describe('dashboard plane', () => {
  it('both planes commit, or neither changes', async t => {
    let answer: 'absent' | 'accept' | 'refuse' | 'lost' = 'accept'
    const { plane, calls } = dashboardPlane(() => answer)
    const shop = workshop(t, { dashboardPlane: plane })
    shop.write('alpha', { 'server.ts': offering('alpha', 'one'), 'gateway.ts': GATEWAY })
    await shop.kernel.start()
    assert.deepEqual(calls, [], 'a start does not disturb a gateway that runs')
    shop.write('alpha', { 'server.ts': offering('alpha', 'two') })
    await shop.kernel.reload('alpha', 'spec')
    assert.deepEqual(calls.splice(0), ['stage alpha', 'commit'])

    answer = 'refuse'
    shop.write('alpha', { 'server.ts': offering('alpha', 'three') })
    assert.equal(await codeOf(shop.kernel.reload('alpha', 'spec')), 'PLG_GATEWAY_REFUSED')
    assert.equal(service(shop.kernel, 'alpha.value'), 'two')

    answer = 'lost'
    await shop.kernel.reload('alpha', 'spec')
    assert.equal(service(shop.kernel, 'alpha.value'), 'three')
    assert.ok(shop.lines.some(({ message }) => message === 'the gateway did not confirm the commit'))

    answer = 'absent'
    shop.write('alpha', { 'server.ts': offering('alpha', 'four') })
    await shop.kernel.reload('alpha', 'spec')
    assert.equal(service(shop.kernel, 'alpha.value'), 'four')
  })

  it('a plugin without a gateway entry does not ask the gateway', async t => {
    const { plane, calls } = dashboardPlane(() => 'refuse')
    const shop = workshop(t, { dashboardPlane: plane })
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    await shop.kernel.start()
    await shop.kernel.reload('alpha', 'spec')
    assert.deepEqual(calls, [])
  })

  it('values go out at the commit, and those nobody publishes any more are withdrawn', async t => {
    const { plane, values } = dashboardPlane(() => 'absent')
    const shop = workshop(t, { dashboardPlane: plane })
    const publish = (...names: string[]) =>
      server(names.map(name => `host.publish(snapshotToken('alpha.${name}'), '${name} ' + host.generation)`).join('\n'))
    shop.write('alpha', { 'server.ts': publish('one', 'two') })
    await shop.kernel.start()
    assert.deepEqual(Object.fromEntries(values), { 'alpha.one@1': 'one 1', 'alpha.two@1': 'two 1' })
    shop.write('alpha', { 'server.ts': `${publish('two', 'three')}\nthrow new Error('no')` })
    await codeOf(shop.kernel.reload('alpha', 'spec'))
    assert.deepEqual(Object.fromEntries(values), { 'alpha.one@1': 'one 1', 'alpha.two@1': 'two 1' })
    shop.write('alpha', { 'server.ts': publish('two', 'three') })
    await shop.kernel.reload('alpha', 'spec')
    assert.deepEqual([...values.keys()].sort(), ['alpha.three@1', 'alpha.two@1'])
    shop.remove('alpha')
    await shop.kernel.reload('alpha', 'spec')
    assert.deepEqual([...values.keys()], [])
  })

  it('records go to the handlers in force', async t => {
    const { plane, handlers } = dashboardPlane(() => 'absent')
    const shop = workshop(t, { dashboardPlane: plane })
    const take = (name: string) =>
      server(
        `host.onRecords(recordToken('alpha.row'), rows => { (globalThis as any).taken = '${name} ' + rows.length })`,
      )
    shop.write('alpha', { 'server.ts': take('one') })
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': take('two') })
    await shop.kernel.reload('alpha', 'spec')
    const found = handlers('alpha.row@1')
    assert.deepEqual(
      found.map(({ plugin }) => plugin),
      ['alpha'],
    )
    found[0]?.take([{ id: 'x', at: 0, row: {} }])
    assert.equal((globalThis as { taken?: string }).taken, 'two 1')
    assert.deepEqual(handlers('alpha.other@1'), [])
  })
})

describe('gateway plane', () => {
  const listening = (
    name: string,
  ) => `import { defineGatewayPlugin, snapshotToken, recordToken, serviceToken } from 'clawnex/contract'
const policy = snapshotToken('alpha.policy')
export default defineGatewayPlugin({ setup(host) {
  let seen = 'none'
  host.onSnapshot(policy, value => { if (value === 'bad') throw new Error('cannot'); seen = '${name} ' + value })
  host.offer(serviceToken('alpha.seen'), () => seen)
  host.offer(serviceToken('alpha.record'), () => host.record(recordToken('alpha.row'), { n: 1 }))
} })`

  it('a generation knows the values in force at its commit and each later one', async t => {
    const { plane, accept, rows } = gatewayPlane()
    const shop = workshop(t, { plane: 'gateway', gatewayPlane: plane })
    shop.write('alpha', { 'gateway.ts': listening('one') })
    await shop.kernel.start()
    const seen = () => (service(shop.kernel, 'alpha.seen') as () => string)()
    assert.equal(seen(), 'none')
    accept('alpha.policy@1', 'strict')
    assert.equal(seen(), 'one strict')
    shop.write('alpha', { 'gateway.ts': listening('two') })
    await shop.kernel.reload('alpha', 'spec')
    assert.equal(seen(), 'two strict')
    accept('alpha.policy@1', 'bad')
    assert.equal(seen(), 'two strict')
    assert.equal((service(shop.kernel, 'alpha.record') as () => string)(), 'id')
    assert.deepEqual(rows, [['alpha.row@1', { n: 1 }]])
  })

  it('refuses a generation that cannot take the value in force', async t => {
    const { plane, accept } = gatewayPlane()
    const shop = workshop(t, { plane: 'gateway', gatewayPlane: plane })
    shop.write('alpha', { 'gateway.ts': listening('one') })
    await shop.kernel.start()
    const before = shop.kernel.snapshot()
    accept('alpha.policy@1', 'bad')
    assert.equal(await codeOf(shop.kernel.reload('alpha', 'spec')), 'PLG_PROBE_FAILED')
    assert.equal(shop.kernel.snapshot(), before)
  })

  it('stages, then commits or drops as the other plane decides; silence drops', async t => {
    const { plane } = gatewayPlane()
    const shop = workshop(t, { plane: 'gateway', gatewayPlane: plane, limits: { staged: 40 } })
    const quiet = (name: string) =>
      `import { defineGatewayPlugin, serviceToken } from 'clawnex/contract'
export default defineGatewayPlugin({ setup(host) { host.offer(serviceToken('alpha.value'), '${name}') } })`
    shop.write('alpha', { 'gateway.ts': quiet('one') })
    await shop.kernel.start()
    shop.write('alpha', { 'gateway.ts': quiet('two') })

    const dropped = await shop.kernel.stage('alpha', 'spec')
    assert.equal(service(shop.kernel, 'alpha.value'), 'one')
    await dropped.abort('refused elsewhere')
    assert.equal(service(shop.kernel, 'alpha.value'), 'one')
    assert.throws(() => dropped.commit(), { code: 'PLG_GATEWAY_REFUSED' })

    const silent = await shop.kernel.stage('alpha', 'spec')
    await sleep(80)
    assert.throws(() => silent.commit(), { code: 'PLG_GATEWAY_REFUSED' })

    const staged = await shop.kernel.stage('alpha', 'spec')
    assert.equal(staged.commit().result, 'swapped')
    assert.equal(service(shop.kernel, 'alpha.value'), 'two')

    shop.write('alpha', { 'gateway.ts': '{{{' })
    assert.equal(await codeOf(shop.kernel.stage('alpha', 'spec')), 'PLG_BUNDLE_FAILED')
    shop.write('alpha', { 'gateway.ts': quiet('three') })
    assert.equal((await shop.kernel.reload('alpha', 'spec')).result, 'swapped')
  })

  it('keeps quarantine and last good bundle in a file of its own', async t => {
    const { plane } = gatewayPlane()
    const shop = workshop(t, { plane: 'gateway', gatewayPlane: plane })
    shop.write('alpha', { 'gateway.ts': listening('one') })
    await shop.kernel.start()
    shop.write('alpha', { 'gateway.ts': '{{{' })
    const again = shop.restart()
    await again.start()
    assert.equal(typeof service(again, 'alpha.seen'), 'function')
    assert.equal(again.status()[0]?.error?.code, 'PLG_BUNDLE_FAILED')
  })
})
