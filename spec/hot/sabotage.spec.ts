import assert from 'node:assert/strict'
import { it } from 'node:test'
import { LONG } from '../fixtures/paths.ts'
import { codeOf, workshop } from '../kernel/transaction/fixture.ts'
import { listen, SABOTAGES, startTraffic, writeBad, writeGood } from './arena.ts'

const RELOADS = LONG ? 400 : 40
const EXPECTED: Readonly<Record<string, string>> = {
  syntax: 'PLG_BUNDLE_FAILED',
  import: 'PLG_IMPORT_FORBIDDEN',
  migration: 'PLG_MIGRATION_FAILED',
  'throwing setup': 'PLG_SETUP_FAILED',
  'hanging setup': 'PLG_SETUP_TIMEOUT',
  probe: 'PLG_PROBE_FAILED',
}

it('reloads under load, one in five sabotaged, lose no request and never leave the old generation unasked', async t => {
  const shop = workshop(t, { limits: { soft: 5_000, hard: 10_000, settle: 5_000 } })
  writeGood(shop, 0)
  await shop.kernel.start()
  const origin = await listen(shop, t)
  const traffic = startTraffic(origin, ['plain', 'slow', 'stream'], 4)
  const answer = async () => (await fetch(`${origin}/arena/plain`)).text()
  let serving = 0
  let sabotaged = 0
  let most = 0
  for (let version = 1; version <= RELOADS; version += 1) {
    if (version % 5 === 0) {
      const name = writeBad(shop, version, sabotaged)
      sabotaged += 1
      assert.equal(await codeOf(shop.kernel.reload('arena', 'spec')), EXPECTED[name], name)
    } else {
      writeGood(shop, version)
      await shop.kernel.reload('arena', 'spec')
      serving = version
    }
    assert.equal(await answer(), `v${serving}.200`)
    most = Math.max(most, shop.kernel.status()[0]?.generations.length ?? 0)
  }
  await traffic.stop()
  assert.deepEqual(traffic.failures, [])
  assert.ok(sabotaged >= SABOTAGES.length)
  for (const load of ['plain', 'slow', 'stream'] as const) assert.ok(traffic.ok[load] > 20, `${load} was not exercised`)
  assert.ok(most <= 2, `${most} generations were alive at once`)
  await shop.kernel.drained()
  assert.equal(shop.kernel.status()[0]?.generations.length, 1)
})
