import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { codeOf, server, workshop } from '../kernel/transaction/fixture.ts'
import { writeBad, writeGood } from './arena.ts'

setFlagsFromString('--expose-gc')
setFlagsFromString('--no-compilation-cache')
const gc = runInNewContext('gc') as () => void

async function collect(): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await turn()
    gc()
  }
}

describe('memory', () => {
  it('code of retired and of refused generations is collected', async t => {
    const shop = workshop(t)
    writeGood(shop, 0)
    await shop.kernel.start()
    for (let version = 1; version <= 24; version += 1) {
      if (version % 4 === 0) {
        writeBad(shop, version, version / 4)
        await codeOf(shop.kernel.reload('arena', 'spec'))
      } else {
        writeGood(shop, version)
        await shop.kernel.reload('arena', 'spec')
      }
      await shop.kernel.drained()
    }
    await collect()
    const alive = shop.kernel.alive().get('arena') ?? 0
    // One serves. A setup that hangs for ever keeps its own promise, and with it nothing else may stay.
    assert.ok(alive <= 2, `${alive} generations are still in memory`)
  })

  it('the check sees a plugin that leaks its code', async t => {
    const shop = workshop(t)
    const kept: unknown[] = []
    ;(globalThis as { kept?: unknown[] }).kept = kept
    for (let version = 0; version < 4; version += 1) {
      shop.write('arena', {
        'server.ts': `${server('(globalThis as any).kept.push(() => [host, x])')}\nvar x = ${version}`,
      })
      if (version === 0) await shop.kernel.start()
      else await shop.kernel.reload('arena', 'spec')
      await shop.kernel.drained()
    }
    await collect()
    assert.ok((shop.kernel.alive().get('arena') ?? 0) >= 3)
    assert.equal(kept.length, 4)
  })

  it('a load and an unload leave as many timers and listeners as before', async t => {
    const shop = workshop(t)
    await shop.kernel.start()
    const count = () => ({
      timers: process.getActiveResourcesInfo().filter(name => name === 'Timeout').length,
      exit: process.listenerCount('exit'),
      warning: process.listenerCount('warning'),
    })
    writeGood(shop, 0)
    await shop.kernel.reload('arena', 'spec')
    const before = count()
    shop.write('beta', {
      'server.ts': server(`
        host.job({ name: 'tick', every: 1000, run() {} })
        host.job({ name: 'cron', every: '* * * * *', run() {} })
        const listener = () => {}
        await host.effect('listener', () => { process.on('warning', listener); return () => void process.off('warning', listener) })
        await host.effect('timer', () => { const timer = setInterval(() => {}, 1000); return () => clearInterval(timer) })`),
    })
    await shop.kernel.reload('beta', 'spec')
    assert.notDeepEqual(count(), before)
    shop.remove('beta')
    await shop.kernel.reload('beta', 'spec')
    await shop.kernel.drained()
    await turn()
    assert.deepEqual(count(), before)
  })
})
