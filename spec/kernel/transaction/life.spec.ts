import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, offering, server, service, workshop } from './fixture.ts'

const USES_ALPHA = server(
  "host.offer(serviceToken('beta.value'), needs.alpha + ' via ' + host.generation)",
  "needs: { alpha: serviceToken('alpha.value') },",
)
const NEEDS_ALPHA = { needs: { alpha: '^1.0.0' } }

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !what(); tries += 1) await sleep(10)
  assert.ok(what(), 'it never came')
}

describe('start', () => {
  it('loads providers before those who need or want them', async t => {
    const shop = workshop(t)
    shop.write('aaa', { 'server.ts': server('') }, { needs: { zzz: '^1.0.0' } })
    shop.write('bbb', { 'server.ts': server('') }, { wants: { yyy: '^1.0.0', ghost: '^1.0.0' } })
    shop.write('yyy', { 'server.ts': server('') })
    shop.write('zzz', { 'server.ts': server('') })
    await shop.kernel.start()
    const order = shop.kernel.snapshot().generations.map(({ plugin }) => plugin)
    assert.deepEqual(order, ['zzz', 'aaa', 'yyy', 'bbb'])
  })

  it('a broken plugin fails alone; only those who need it fail with it', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': 'export default {{{' })
    shop.write('beta', { 'server.ts': server('') }, NEEDS_ALPHA)
    shop.write('gamma', { 'server.ts': server('') }, { wants: { alpha: '^1.0.0' } })
    shop.write('delta', { 'plugin.json': '[]' })
    await shop.kernel.start()
    const states = Object.fromEntries(shop.kernel.status().map(({ id, state, error }) => [id, error?.code ?? state]))
    assert.deepEqual(states, {
      alpha: 'PLG_BUNDLE_FAILED',
      beta: 'PLG_NEED_MISSING',
      delta: 'PLG_MANIFEST_INVALID',
      gamma: 'active',
    })
  })

  it('a plugin without code on this plane is active and can be needed', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'ui/index.tsx': 'export default () => <p>hello</p>' })
    shop.write('beta', { 'server.ts': server('') }, NEEDS_ALPHA)
    await shop.kernel.start()
    assert.deepEqual([shop.state('alpha'), shop.state('beta')], ['active', 'active'])
    const [entry] = shop.kernel.snapshot().ui
    assert.equal(entry?.url, `/assets/plugins/alpha-${entry?.hash}.js`)
    assert.ok(existsSync(join(shop.options.buildDir, `alpha-ui-${entry?.hash}.js`)))
  })

  it('falls back to the last good bundle when the sources broke in between, and says so', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'good') })
    shop.write('beta', { 'server.ts': USES_ALPHA }, NEEDS_ALPHA)
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': 'export default {{{' })
    const again = shop.restart()
    await again.start()
    assert.equal(service(again, 'alpha.value'), 'good')
    assert.match(String(service(again, 'beta.value')), /^good/)
    const alpha = again.status().find(({ id }) => id === 'alpha')
    assert.equal(alpha?.state, 'failed')
    assert.equal(alpha?.error?.code, 'PLG_BUNDLE_FAILED')
    assert.equal(alpha?.generation, 1)
  })

  it('uses bundles from disk when no source changed, and builds anew when they are gone', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'good') })
    await shop.kernel.start()
    const files = () => readdirSync(shop.options.buildDir).filter(name => name.endsWith('.cjs'))
    const before = files()
    await shop.restart().start()
    assert.deepEqual(files(), before)
    rmSync(shop.options.buildDir, { recursive: true })
    const third = shop.restart()
    await third.start()
    assert.deepEqual(files(), before)
    assert.equal(service(third, 'alpha.value'), 'good')
  })
})

describe('closure', () => {
  it('dependants move along in the same swap and see the new service', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    shop.write('beta', { 'server.ts': USES_ALPHA }, NEEDS_ALPHA)
    await shop.kernel.start()
    assert.equal(service(shop.kernel, 'beta.value'), 'one via 1')
    shop.write('alpha', { 'server.ts': offering('alpha', 'two') })
    const pin = shop.kernel.pin()
    const report = await shop.kernel.reload('alpha', 'spec')
    assert.deepEqual(report.closure, ['alpha', 'beta'])
    assert.equal(service(shop.kernel, 'beta.value'), 'two via 2')
    assert.equal(pin.snapshot.services.get('beta.value@1'), 'one via 1')
    pin.release()
  })

  it('a dependant that refuses keeps the whole closure as it was', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    shop.write('beta', { 'server.ts': USES_ALPHA }, NEEDS_ALPHA)
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': offering('alpha', 'two') }, { version: '2.0.0' })
    assert.equal(await codeOf(shop.kernel.reload('alpha', 'spec')), 'PLG_NEED_MISSING')
    assert.equal(service(shop.kernel, 'alpha.value'), 'one')
    assert.equal(service(shop.kernel, 'beta.value'), 'one via 1')
  })

  it('a dependant with broken sources moves along with the bundle it serves with', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    shop.write('beta', { 'server.ts': USES_ALPHA }, NEEDS_ALPHA)
    await shop.kernel.start()
    shop.write('beta', { 'server.ts': '{{{' }, NEEDS_ALPHA)
    shop.write('alpha', { 'server.ts': offering('alpha', 'two') })
    await shop.kernel.reload('alpha', 'spec')
    assert.equal(service(shop.kernel, 'beta.value'), 'two via 2')
    assert.equal(shop.error('beta'), 'PLG_BUNDLE_FAILED')
  })

  it('plugins that waited for a need load as soon as it is there', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': '{{{' })
    shop.write('beta', { 'server.ts': USES_ALPHA }, NEEDS_ALPHA)
    await shop.kernel.start()
    assert.equal(shop.error('beta'), 'PLG_NEED_MISSING')
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    await shop.kernel.reload('alpha', 'spec')
    assert.equal(shop.state('beta'), 'active')
  })

  it('a removed plugin takes its dependants out by name and nobody else', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    shop.write('beta', { 'server.ts': USES_ALPHA }, NEEDS_ALPHA)
    shop.write('gamma', { 'server.ts': offering('gamma', 'stays') })
    await shop.kernel.start()
    shop.remove('alpha')
    const report = await shop.kernel.reload('alpha', 'spec')
    assert.equal(report.result, 'removed')
    await shop.kernel.drained()
    assert.deepEqual(
      shop.kernel.snapshot().generations.map(({ plugin }) => plugin),
      ['gamma'],
    )
    assert.equal(shop.error('beta'), 'PLG_NEED_MISSING')
    assert.equal(shop.state('alpha'), undefined)
  })
})

describe('quarantine', () => {
  it('after three failures the same sources are left alone at the next start; an operator lifts it', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': server("throw new Error('no')") })
    await shop.kernel.start()
    for (let tries = 0; tries < 2; tries += 1) await codeOf(shop.kernel.reload('alpha', 'watch'))
    assert.equal(shop.state('alpha'), 'quarantined')
    const again = shop.restart()
    await again.start()
    assert.equal(again.status()[0]?.state, 'quarantined')
    assert.equal(again.status()[0]?.error?.code, 'PLG_QUARANTINED')
    assert.equal(await codeOf(again.reload('alpha', 'operator')), 'PLG_SETUP_FAILED')
    assert.equal(again.status()[0]?.state, 'failed')
  })

  it('holds over restarts, also while the last good bundle serves in its place', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'good') })
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': server("throw new Error('no')") })
    for (let tries = 0; tries < 3; tries += 1) await codeOf(shop.kernel.reload('alpha', 'watch'))
    for (let restarts = 0; restarts < 2; restarts += 1) {
      const again = shop.restart()
      await again.start()
      assert.equal(again.status()[0]?.state, 'quarantined')
      assert.equal(service(again, 'alpha.value'), 'good')
    }
  })

  it('changed sources are tried again without anyone asking', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': server("throw new Error('no')") })
    await shop.kernel.start()
    for (let tries = 0; tries < 2; tries += 1) await codeOf(shop.kernel.reload('alpha', 'watch'))
    shop.write('alpha', { 'server.ts': offering('alpha', 'mended') })
    await shop.kernel.reload('alpha', 'watch')
    assert.equal(shop.state('alpha'), 'active')
  })
})

describe('a generation', () => {
  it('hands its state over, keeps shared resources warm and undoes its effects last first', async t => {
    const shop = workshop(t)
    const log: string[] = []
    ;(globalThis as { lifeLog?: string[] }).lifeLog = log
    const source = (name: string) =>
      server(`
        const log = (globalThis as any).lifeLog
        const n = host.generation
        await host.effect('a', () => { log.push('open a' + n); return () => void log.push('undo a' + n) })
        const value = await host.shared('pool', async () => { log.push('open pool'); return { value: {}, close: () => void log.push('close pool') } })
        await host.effect('b', async () => () => void log.push('undo b' + n))
        log.push('${name} got ' + carried)
        return { carry: () => '${name}' }`)
    shop.write('alpha', { 'server.ts': source('one') })
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': source('two') })
    await shop.kernel.reload('alpha', 'spec')
    await shop.kernel.drained()
    await shop.kernel.stop(100)
    assert.deepEqual(log, [
      'open a1',
      'open pool',
      'one got undefined',
      'open a2',
      'two got one',
      'undo b1',
      'undo a1',
      'undo b2',
      'close pool',
      'undo a2',
    ])
  })

  it('undoes what a failed setup had opened, and what it opens too late', async t => {
    const shop = workshop(t)
    const log: string[] = []
    ;(globalThis as { lateLog?: string[] }).lateLog = log
    shop.write('alpha', {
      'server.ts': server(
        `const log = (globalThis as any).lateLog
         await host.effect('early', () => () => void log.push('undo early'))
         await new Promise(resolve => setTimeout(resolve, 60))
         try { await host.effect('late', () => { log.push('open late'); return () => void log.push('undo late') }) }
         catch (error) { log.push('refused late') }`,
        'setupTimeout: 20,',
      ),
    })
    await shop.kernel.start()
    await until(() => log.includes('refused late'))
    assert.deepEqual(log, ['undo early', 'refused late'])
  })

  it('is asked to end at the soft limit and retires when its last pin goes', async t => {
    const shop = workshop(t, { limits: { soft: 20, hard: 5000 } })
    shop.write('alpha', { 'server.ts': server("host.offer(serviceToken('alpha.signal'), host.signal)") })
    await shop.kernel.start()
    const pin = shop.kernel.pin()
    const signal = pin.snapshot.services.get('alpha.signal@1') as AbortSignal
    await shop.kernel.reload('alpha', 'spec')
    assert.equal(signal.aborted, false)
    await until(() => signal.aborted)
    const states = () => shop.kernel.status()[0]?.generations.map(({ state, pins }) => `${state} ${pins}`)
    assert.deepEqual(states(), ['draining 1', 'active 0'])
    pin.release()
    pin.release()
    await shop.kernel.drained()
    assert.deepEqual(states(), ['active 0'])
    assert.ok((shop.kernel.transactions()[0]?.drainedMs ?? -1) >= 0)
  })

  it('hears events only while it is in force, and one that throws harms nobody', async t => {
    const shop = workshop(t)
    const heard: string[] = []
    ;(globalThis as { heard?: string[] }).heard = heard
    const source = (name: string) =>
      server(`
        const ping = eventToken('alpha.ping', { permission: 'alpha.read' })
        host.on(ping, () => { throw new Error('bad listener') })
        host.on(ping, text => void (globalThis as any).heard.push('${name} ' + text))
        host.offer(serviceToken('alpha.say'), text => host.emit(ping, text))`)
    shop.write('alpha', { 'server.ts': source('one') })
    await shop.kernel.start()
    const taps: unknown[] = []
    shop.kernel.events.tap(event => taps.push(event))
    const say = service(shop.kernel, 'alpha.say') as (text: string) => void
    say('hello')
    assert.deepEqual(heard, [], 'delivery comes after the turn')
    await until(() => heard.length === 1)
    shop.write('alpha', { 'server.ts': source('two') })
    await shop.kernel.reload('alpha', 'spec')
    ;(service(shop.kernel, 'alpha.say') as (text: string) => void)('again')
    await until(() => heard.length === 2)
    assert.deepEqual(heard, ['one hello', 'two again'])
    assert.deepEqual(
      taps.find(event => (event as { id: string }).id === 'alpha.ping'),
      { id: 'alpha.ping', permission: 'alpha.read', payload: 'hello' },
    )
    assert.ok(taps.some(event => (event as { id: string }).id === 'kernel.transaction'))
    assert.ok(taps.some(event => (event as { id: string }).id === 'kernel.ui'))
    assert.ok(shop.lines.some(({ message }) => message === 'a listener threw'))
  })

  it('gets its stored configuration upgraded, checked and completed', async t => {
    const shop = workshop(t)
    const schema = {
      type: 'object',
      properties: { url: { type: 'string', format: 'uri' }, tries: { type: 'integer', default: 3 } },
    }
    shop.store.writeConfig('alpha', '1.0', { address: 'http://127.0.0.1:1' })
    shop.write(
      'alpha',
      {
        'server.ts': server(
          "host.offer(serviceToken('alpha.config'), JSON.stringify(host.config))",
          'configMigrate: (from, value: any) => ({ url: value.address }),',
        ),
      },
      { config: { version: '2.0', schema } },
    )
    await shop.kernel.start()
    assert.equal(service(shop.kernel, 'alpha.config'), '{"url":"http://127.0.0.1:1","tries":3}')
    assert.deepEqual(shop.store.readConfig('alpha')?.value, { address: 'http://127.0.0.1:1' })
  })

  it('runs migrations before setup, once', async t => {
    const shop = workshop(t)
    shop.write('alpha', {
      'server.ts': server("host.db.prepare('INSERT INTO alpha_row VALUES (1)').run()"),
      'migrations/0001-rows.ts': "export default { up(db) { db.exec('CREATE TABLE alpha_row (x INTEGER)') } }",
    })
    await shop.kernel.start()
    await shop.kernel.reload('alpha', 'spec')
    assert.deepEqual(shop.store.db.prepare('SELECT count(*) AS n FROM alpha_row').get(), { n: 2 })
    assert.deepEqual(shop.kernel.status()[0]?.owns.migrations, ['0001-rows'])
  })
})

describe('watch', () => {
  it('loads new folders, reloads changed ones, keeps serving after an error and unloads removed ones', async t => {
    const shop = workshop(t, { watch: true })
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': offering('alpha', 'two') })
    await until(() => service(shop.kernel, 'alpha.value') === 'two')
    shop.write('alpha', { 'server.ts': 'export default {{{' })
    await until(() => shop.error('alpha') === 'PLG_BUNDLE_FAILED')
    assert.equal(service(shop.kernel, 'alpha.value'), 'two')
    shop.write('beta', { 'server.ts': offering('beta', 'new') })
    await until(() => service(shop.kernel, 'beta.value') === 'new')
    shop.remove('beta')
    await until(() => service(shop.kernel, 'beta.value') === undefined)
    shop.write('alpha', { 'server.ts': offering('alpha', 'three') })
    await until(() => service(shop.kernel, 'alpha.value') === 'three')
    assert.equal(shop.state('alpha'), 'active')
  })

  it('loads the first plugin of an installation, whose folder of plugins is not there at the start', async t => {
    const shop = workshop(t, { watch: true })
    await shop.kernel.start()
    const home = join(shop.options.extraDir, 'gamma')
    const manifest = {
      version: '1.0.0',
      title: 'gamma',
      api: '^1.0.0',
      kind: 'feature',
      entries: { server: 'server.ts' },
    }
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'server.ts'), offering('gamma', 'first'))
    writeFileSync(join(home, 'plugin.json'), JSON.stringify({ id: 'gamma', ...manifest }))
    await until(() => service(shop.kernel, 'gamma.value') === 'first')
  })
})
