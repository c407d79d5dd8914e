import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PluginError, type TransactionReport } from '../../../kernel/contract/index.ts'
import type { Staged } from '../../../kernel/ports.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { startDashboard, startGateway, until } from './rig.ts'

async function pair(t: TestContext) {
  const dataDir = temporaryFolder(t)
  const dashboard = await startDashboard(t, dataDir)
  const gateway = await startGateway(t, dataDir)
  await until(() => dashboard.plane.gateway().connected, 'the connection')
  const events: string[] = []
  const staged = (plugin: string): Staged => ({
    plugin,
    commit: () => {
      events.push(`commit ${plugin}`)
      return {} as TransactionReport
    },
    abort: async reason => void events.push(`abort ${plugin}: ${reason}`),
  })
  return { dataDir, dashboard, gateway, events, staged }
}

const refused = (error: unknown) => {
  assert.ok(error instanceof PluginError)
  assert.equal(error.code, 'PLG_GATEWAY_REFUSED')
  return true
}

test('without a gateway there is nothing to stage on', async t => {
  const dashboard = await startDashboard(t, temporaryFolder(t))
  assert.equal(await dashboard.plane.stageOnGateway('shield', 'spec'), null)
})

test('what was staged commits or aborts as the dashboard says', async t => {
  const { dashboard, gateway, events, staged } = await pair(t)
  gateway.plane.setStager(async plugin => staged(plugin))
  await (await dashboard.plane.stageOnGateway('shield', 'spec'))?.commit()
  await (await dashboard.plane.stageOnGateway('traffic', 'spec'))?.abort('the dashboard failed')
  await until(() => events.length === 2, 'the abort')
  assert.deepEqual(events, ['commit shield', 'abort traffic: the dashboard failed'])
})

test('a refusal carries the reason of the gateway', async t => {
  const { dashboard, gateway } = await pair(t)
  gateway.plane.setStager(async plugin => {
    throw new PluginError('PLG_SETUP_FAILED', { phase: 'setup', plugin }, { detail: 'boom' })
  })
  await assert.rejects(dashboard.plane.stageOnGateway('shield', 'spec'), error => {
    assert.match(String((error as Error).message), /PLG_SETUP_FAILED.*boom/)
    return refused(error)
  })
})

test('a commit that fails on the gateway is told', async t => {
  const { dashboard, gateway, staged } = await pair(t)
  gateway.plane.setStager(async plugin => ({
    ...staged(plugin),
    commit: () => {
      throw new Error('no')
    },
  }))
  const both = await dashboard.plane.stageOnGateway('shield', 'spec')
  await assert.rejects(both?.commit() ?? Promise.resolve(), refused)
})

test('a gateway that leaves while staging refuses; after staging the dashboard may commit', async t => {
  const { dataDir, dashboard, gateway, staged } = await pair(t)
  let asked = false
  gateway.plane.setStager(() => {
    asked = true
    return new Promise(() => undefined)
  })
  const staging = assert.rejects(dashboard.plane.stageOnGateway('shield', 'spec'), refused)
  await until(() => asked, 'the stager')
  await gateway.stop()
  await staging
  const next = await startGateway(t, dataDir)
  next.plane.setStager(async plugin => staged(plugin))
  await until(() => dashboard.plane.gateway().connected, 'the new gateway')
  const both = await dashboard.plane.stageOnGateway('shield', 'spec')
  await next.stop()
  await both?.commit()
})

test('a gateway whose dashboard leaves undoes what was staged, even when it was still at it', async t => {
  const { dashboard, gateway, events, staged } = await pair(t)
  let finish: (value: Staged) => void = () => undefined
  gateway.plane.setStager(plugin =>
    plugin === 'shield'
      ? Promise.resolve(staged(plugin))
      : new Promise(resolve => {
          finish = resolve
        }),
  )
  await dashboard.plane.stageOnGateway('shield', 'spec')
  const second = assert.rejects(dashboard.plane.stageOnGateway('traffic', 'spec'), refused)
  await new Promise(resolve => setTimeout(resolve, 20))
  await dashboard.stop()
  await second
  await until(() => events.length === 1, 'the first abort')
  finish(staged('traffic'))
  await until(() => events.length === 2, 'the second abort')
  assert.ok(events.every(event => event.startsWith('abort ')))
})
