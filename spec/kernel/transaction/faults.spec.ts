import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DashboardPlane, Store } from '../../../kernel/ports.ts'
import { memoryStore } from '../../../kernel/testing/memory-store.ts'
import { createKernel } from '../../../kernel/transaction/kernel.ts'
import { folderSources, type Sources } from '../../../kernel/transaction/sources.ts'
import { codeOf, server, service, workshop } from './fixture.ts'

/** Counts calls to the methods of several objects and throws at the n-th. */
function faulty() {
  let calls = 0
  let failAt = Number.POSITIVE_INFINITY
  const names: string[] = []
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name, receiver) {
        const value: unknown = Reflect.get(object, name, receiver)
        if (typeof value !== 'function' || name === 'close') return value
        return (...args: unknown[]) => {
          calls += 1
          if (calls === failAt) {
            names.push(String(name))
            throw new Error(`fault in ${String(name)}`)
          }
          return value.apply(object, args)
        }
      },
    })
  return {
    wrap,
    names,
    arm(n: number) {
      calls = 0
      failAt = n
    },
    /** Whether the armed call came. */
    disarm(): boolean {
      const hit = calls >= failAt
      failAt = Number.POSITIVE_INFINITY
      return hit
    },
  }
}

const version = (n: number) => ({
  'server.ts': server(`
    await host.effect('open', () => { (globalThis as any).faultsOpen = ((globalThis as any).faultsOpen ?? 0) + 1; return () => { (globalThis as any).faultsOpen -= 1 } })
    host.publish(snapshotToken('alpha.published'), ${n})
    host.offer(serviceToken('alpha.value'), ${n})`),
  'gateway.ts':
    "import { defineGatewayPlugin } from 'clawnex/contract'\nexport default defineGatewayPlugin({ setup() {} })",
  [`migrations/${String(n).padStart(4, '0')}-step.ts`]: `export default { up(db) { db.exec('CREATE TABLE IF NOT EXISTS alpha_${n} (x)') } }`,
})

describe('whatever fails on the way', () => {
  it('the plugin is wholly old or wholly new, and the next load works', async t => {
    const fault = faulty()
    const published: unknown[] = []
    const plane = fault.wrap({
      publish: (_key: string, value: unknown) => void published.push(value),
      setHandlers() {},
      stageOnGateway: async () => fault.wrap({ commit: async () => {}, abort: async () => {} }),
    })
    const store: Store = memoryStore()
    const shop = workshop(t, { store })
    const sources: Sources = fault.wrap(folderSources('dashboard', shop.options, shop.options.buildDir))
    const options = { ...shop.options, store: fault.wrap(store), dashboardPlane: plane as unknown as DashboardPlane }
    const kernel = createKernel(options, { sources, limits: { undo: 100 } })
    t.after(() => kernel.stop(100))
    let n = 1
    shop.write('alpha', version(n))
    await kernel.start()
    let outcomes = ''
    for (let nth = 1; ; nth += 1) {
      const before = kernel.snapshot()
      const old = service(kernel, 'alpha.value')
      n += 1
      shop.write('alpha', version(n))
      fault.arm(nth)
      const code = await codeOf(kernel.reload('alpha', 'watch'))
      const hit = fault.disarm()
      if (code === 'none') assert.equal(service(kernel, 'alpha.value'), n)
      else {
        assert.match(code, /^PLG_/)
        assert.equal(kernel.snapshot(), before, `fault ${nth} must leave the snapshot as it was`)
        assert.equal(service(kernel, 'alpha.value'), old)
      }
      outcomes += code === 'none' ? 'n' : 'o'
      await kernel.drained()
      assert.equal((globalThis as { faultsOpen?: number }).faultsOpen, 1, `fault ${nth} left an effect open`)
      await kernel.reload('alpha', 'spec')
      assert.equal(service(kernel, 'alpha.value'), n)
      await kernel.drained()
      if (!hit) break
      assert.ok(nth < 100)
    }
    // Faults before the commit keep the old one, unless it was only a fact; faults after it cannot.
    assert.match(outcomes, /ooo.*n{3,}$/)
    for (const name of [
      'discover',
      'bundle',
      'evaluate',
      'planMigrations',
      'rehearse',
      'applyMigrations',
      'stageOnGateway',
      'publish',
    ]) {
      assert.ok(fault.names.includes(name), `${name} was never made to fail`)
    }
  })
})
