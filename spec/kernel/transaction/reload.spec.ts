import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { offering, service, workshop } from './fixture.ts'

describe('reload', () => {
  it('replaces a generation and reports the steps', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    await shop.kernel.start()
    assert.equal(service(shop.kernel, 'alpha.value'), 'one')
    shop.write('alpha', { 'server.ts': offering('alpha', 'two') }, { version: '1.1.0' })
    const report = await shop.kernel.reload('alpha', 'spec')
    assert.equal(service(shop.kernel, 'alpha.value'), 'two')
    assert.deepEqual(report.from, { version: '1.0.0', generation: 1 })
    assert.deepEqual(report.to, { version: '1.1.0', generation: 2 })
    assert.equal(report.result, 'swapped')
    assert.deepEqual(
      report.steps.map(({ phase }) => phase),
      ['verify', 'bundle', 'evaluate', 'config', 'rehearse', 'setup', 'probe', 'commit', 'announce'],
    )
    assert.ok((report.swapMicros ?? -1) >= 0)
  })
})
