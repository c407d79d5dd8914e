import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MeasuredKernel } from '../../../kernel/transaction/kernel.ts'
import { codeOf, offering, server, service, type Workshop, workshop } from './fixture.ts'

const FAULTY = server(`host.offer(serviceToken('alpha.value'), () => new Error('late'))`)

/** A plugin of the operator rather than of the product. */
const writeExtra = (shop: Workshop, id: string, text: string): void =>
  shop.write(`../extra/${id}`, { 'server.ts': text }, { id })

const errorOf = (kernel: MeasuredKernel): unknown => (service(kernel, 'alpha.value') as () => unknown)()

/** Takes the lock after the fault did, so that its work is done when this resolves. */
const settled = (kernel: MeasuredKernel): Promise<string> => codeOf(kernel.reload('nobody', 'spec'))

const status = (kernel: MeasuredKernel, id: string) => kernel.status().find(plugin => plugin.id === id)

describe('an error that nobody caught', () => {
  it('takes out the plugin of the operator it came from, and what needs it; both come back once it is mended', async t => {
    const shop = workshop(t)
    writeExtra(shop, 'alpha', FAULTY)
    shop.write('beta', { 'server.ts': offering('beta', 'fine') }, { needs: { alpha: '^1.0.0' } })
    shop.write('gamma', { 'server.ts': offering('gamma', 'fine') })
    await shop.kernel.start()
    const late = errorOf(shop.kernel)
    assert.equal(shop.kernel.fault?.(new Error('of the product', { cause: late })), true)
    assert.equal(shop.kernel.fault?.(errorOf(shop.kernel)), true, 'a second one before the first is dealt with')
    await settled(shop.kernel)
    const { state, error, generation } = status(shop.kernel, 'alpha') ?? {}
    assert.deepEqual([state, error?.code, error?.phase, generation], ['failed', 'PLG_FAULT', 'run', 0])
    assert.match(error?.trace ?? '', /late/)
    assert.equal(status(shop.kernel, 'beta')?.error?.code, 'PLG_NEED_MISSING')
    assert.equal(service(shop.kernel, 'gamma.value'), 'fine')
    const faults = shop.kernel.transactions().filter(({ by }) => by === 'fault')
    assert.deepEqual(
      faults.map(({ plugin, result, closure }) => [plugin, result, closure]),
      [['alpha', 'failed', ['alpha', 'beta']]],
    )

    writeExtra(shop, 'alpha', offering('alpha', 'mended'))
    await shop.kernel.reload('alpha', 'watch')
    assert.deepEqual([status(shop.kernel, 'alpha')?.state, status(shop.kernel, 'beta')?.state], ['active', 'active'])
  })

  it('of a generation that is gone does not touch the one that serves', async t => {
    const shop = workshop(t)
    writeExtra(shop, 'alpha', FAULTY)
    await shop.kernel.start()
    const late = errorOf(shop.kernel)
    writeExtra(shop, 'alpha', offering('alpha', 'mended'))
    await shop.kernel.reload('alpha', 'watch')
    assert.equal(shop.kernel.fault?.(late), true)
    await settled(shop.kernel)
    assert.equal(status(shop.kernel, 'alpha')?.state, 'active')
  })

  it('is nobody’s when it came from the product or from nowhere', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': FAULTY })
    await shop.kernel.start()
    for (const error of [errorOf(shop.kernel), new Error('elsewhere'), 'a string', undefined]) {
      assert.equal(shop.kernel.fault?.(error), false)
    }
    assert.equal(status(shop.kernel, 'alpha')?.state, 'active')
  })

  it('counts over restarts although the sources load; the third time they are left alone, and no older bundle comes', async t => {
    const shop = workshop(t)
    writeExtra(shop, 'alpha', FAULTY)
    let kernel = shop.kernel
    for (let times = 1; times <= 3; times += 1) {
      await kernel.start()
      assert.equal(status(kernel, 'alpha')?.state, 'active', `start ${times}`)
      kernel.fault?.(errorOf(kernel))
      await settled(kernel)
      assert.equal(status(kernel, 'alpha')?.state, times === 3 ? 'quarantined' : 'failed')
      kernel = shop.restart()
    }
    await kernel.start()
    assert.deepEqual([status(kernel, 'alpha')?.state, status(kernel, 'alpha')?.generation], ['quarantined', 0])
  })
})

describe('a process that is started again and again', () => {
  it('does not put other plugins into quarantine whose sources were broken before', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': server(`throw new Error('no')`) })
    for (let starts = 0; starts < 6; starts += 1) {
      const kernel = shop.restart()
      await kernel.start()
      assert.deepEqual(
        [status(kernel, 'alpha')?.state, status(kernel, 'alpha')?.error?.code],
        ['failed', 'PLG_SETUP_FAILED'],
      )
    }
  })
})
