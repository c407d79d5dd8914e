import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ApiError } from '../../../kernel/contract/index.ts'
import { createKernel } from '../../../kernel/transaction/kernel.ts'
import { codeOf, offering, server, service, type Workshop, workshop } from './fixture.ts'

type Files = Readonly<Record<string, string | null>>

/** Loads a good version, then a bad one, and returns the error; the good one must serve on. */
async function refused(
  t: TestContext,
  files: Files,
  manifest = {},
  shop: Workshop = workshop(t),
): Promise<Error & { code?: string; detail?: string }> {
  shop.write('alpha', { 'server.ts': offering('alpha', 'good') })
  if (shop.kernel.status().length === 0) await shop.kernel.start()
  assert.equal(service(shop.kernel, 'alpha.value'), 'good')
  const before = shop.kernel.snapshot()
  shop.write('alpha', files, manifest)
  let thrown: unknown
  await shop.kernel.reload('alpha', 'spec').catch((error: unknown) => {
    thrown = error
  })
  assert.ok(thrown instanceof Error, 'the reload must be refused')
  assert.equal(shop.kernel.snapshot(), before, 'the snapshot must be exactly the old one')
  assert.equal(service(shop.kernel, 'alpha.value'), 'good')
  assert.equal(shop.error('alpha'), (thrown as { code?: string }).code)
  assert.equal(shop.kernel.transactions()[0]?.result, 'failed')
  return thrown as Error
}

describe('a broken version is refused by name while the old generation serves', () => {
  const cases: readonly [string, Files, Record<string, unknown>?][] = [
    ['PLG_MANIFEST_MISSING', { 'plugin.json': null }],
    ['PLG_MANIFEST_INVALID', { 'plugin.json': '{ "id": "alpha", ' }],
    ['PLG_MANIFEST_INVALID', { 'plugin.json': '{ "id": "beta" }' }],
    ['PLG_API_RANGE', {}, { api: '^2.0.0' }],
    ['PLG_API_RANGE', {}, { api: '>=1' }],
    ['PLG_NEED_MISSING', {}, { needs: { beta: '^1.0.0' } }],
    ['PLG_CYCLE', {}, { needs: { alpha: '^1.0.0' } }],
    ['PLG_INTEGRITY', { 'server.ts': offering('alpha', 'bad') }, { integrity: { 'server.ts': '0'.repeat(64) } }],
    ['PLG_BUNDLE_FAILED', { 'server.ts': 'export default {{{' }],
    ['PLG_BUNDLE_FAILED', { 'server.ts': "import './absent.ts'" }],
    ['PLG_IMPORT_FORBIDDEN', { 'server.ts': "import koa from 'koa'\nexport default koa" }],
    ['PLG_IMPORT_FORBIDDEN', { 'server.ts': "import fs from 'fs'\nexport default fs" }],
    ['PLG_IMPORT_FORBIDDEN', { 'server.ts': "import Database from 'better-sqlite3'\nexport default Database" }],
    ['PLG_IMPORT_FORBIDDEN', { 'server.ts': "import x from '../beta/server.ts'\nexport default x" }],
    ['PLG_EVAL_FAILED', { 'server.ts': "throw new Error('top level')" }],
    ['PLG_NOT_A_PLUGIN', { 'server.ts': 'export default { setup() {} }' }],
    ['PLG_NOT_A_PLUGIN', { 'server.ts': 'export const plugin = 1' }],
    [
      'PLG_NOT_A_PLUGIN',
      {
        'server.ts':
          "import { defineGatewayPlugin } from 'clawnex/contract'\nexport default defineGatewayPlugin({ setup() {} })",
      },
    ],
    [
      'PLG_CONFIG_INVALID',
      {},
      {
        config: {
          version: '1.0',
          schema: { type: 'object', required: ['url'], properties: { url: { type: 'string' } } },
        },
      },
    ],
    ['PLG_SETUP_FAILED', { 'server.ts': server("throw new Error('no')") }],
    ['PLG_SETUP_FAILED', { 'server.ts': server("host.job({ name: 'x', every: 'nonsense', run() {} })") }],
    ['PLG_SETUP_TIMEOUT', { 'server.ts': server('await new Promise(() => {})', 'setupTimeout: 20,') }],
    ['PLG_PROBE_FAILED', { 'server.ts': server("return { probe() { throw new Error('ill') } }") }],
    ['PLG_PROBE_FAILED', { 'server.ts': server('return { probe: () => new Promise(() => {}) }') }],
    [
      'PLG_PROBE_FAILED',
      {
        'server.ts': server(
          "host.route({ method: 'GET', path: '', summary: 's', public: true, probe: true, handle() { throw new Error('ill') } })",
        ),
      },
    ],
    ['PLG_PLANE_UNSUPPORTED', { 'server.ts': server("(host as any).snapshot({ id: 'a.b', major: 1 })") }],
    ['PLG_TABLE_FOREIGN', { 'server.ts': server("host.db.prepare('INSERT INTO other_thing VALUES (1)')") }],
    ['PLG_SERVICE_ABSENT', { 'server.ts': server('', "needs: { other: serviceToken('beta.other') },") }],
    [
      'PLG_MIGRATION_FAILED',
      {
        'server.ts': offering('alpha', 'bad'),
        'migrations/0001-first.ts':
          "export default { up(db) { db.exec('CREATE TABLE alpha_a (x)'); db.exec('NONSENSE') } }",
      },
    ],
    ['PLG_NOT_A_PLUGIN', { 'migrations/0001-first.ts': 'export const up = 1' }],
  ]
  for (const [code, files, manifest] of cases) {
    it(`${code}: ${Object.values(files)[0]?.split('\n')[0]?.slice(0, 60) ?? JSON.stringify(manifest)}`, async t => {
      assert.equal((await refused(t, files, manifest)).code, code)
    })
  }

  it('names file and line of a forbidden import, of a syntax error and of a throw at top level', async t => {
    const shop = workshop(t)
    const forbidden = await refused(t, { 'server.ts': "\n\nimport koa from 'koa'\nexport default koa" }, {}, shop)
    assert.match(forbidden.detail ?? '', /^server\.ts:3:\d+ .*koa/)
    const syntax = await refused(t, { 'server.ts': '\nexport default {{{' }, {}, shop)
    assert.match(syntax.detail ?? '', /^server\.ts:2:/)
    shop.write('alpha', { 'deep/inner.ts': "\n\n\nthrow new Error('inner')\nexport const x = 1" })
    const thrown = await refused(t, { 'server.ts': "import { x } from './deep/inner.ts'\nexport default x" }, {}, shop)
    assert.match(thrown.detail ?? '', /deep\/inner\.ts:4/)
  })

  it('PLG_UI_DUPLICATE_PREACT for a vendored copy', async t => {
    const error = await refused(t, {
      'ui/index.tsx': "import { h } from '../vendor/preact/index.js'\nexport default h",
      'vendor/preact/index.js': 'export const h = 1',
    })
    assert.equal(error.code, 'PLG_UI_DUPLICATE_PREACT')
  })

  it('PLG_ROUTE_INVALID as the compiler of routes says it', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': server("host.route({ method: 'GET', path: '/x', summary: 's', handle() {} })") })
    const kernel = createKernel({
      ...shop.options,
      compileRoutes() {
        throw new ApiError('PLG_ROUTE_INVALID', { detail: 'GET /x has no permission.' })
      },
    })
    await kernel.start()
    const error = kernel.status()[0]?.error
    assert.equal(error?.code, 'PLG_ROUTE_INVALID')
    assert.equal(error?.detail, 'GET /x has no permission.')
    await kernel.stop(0)
  })

  it('PLG_UNKNOWN for an id without a folder', async t => {
    const shop = workshop(t)
    await shop.kernel.start()
    assert.equal(await codeOf(shop.kernel.reload('ghost', 'spec')), 'PLG_UNKNOWN')
    assert.deepEqual(shop.kernel.status(), [])
  })

  it('PLG_CARRY_FAILED is logged and the load goes on without the state', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': server('return { carry: () => 1n }') })
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': server("host.offer(serviceToken('alpha.value'), String(carried))") })
    await shop.kernel.reload('alpha', 'spec')
    assert.equal(service(shop.kernel, 'alpha.value'), 'undefined')
    assert.ok(shop.lines.some(({ fields }) => fields['code'] === 'PLG_CARRY_FAILED'))
  })

  it('PLG_UNDO_FAILED leaves the plugin stuck, and PLG_STUCK refuses the next reload', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': server("await host.effect('bad', () => () => { throw new Error('cannot') })") })
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': offering('alpha', 'next') })
    await shop.kernel.reload('alpha', 'spec')
    await shop.kernel.drained()
    assert.equal(shop.state('alpha'), 'stuck')
    assert.equal(shop.error('alpha'), 'PLG_UNDO_FAILED')
    assert.equal(await codeOf(shop.kernel.reload('alpha', 'spec')), 'PLG_STUCK')
    assert.equal(service(shop.kernel, 'alpha.value'), 'next')
  })

  it('PLG_DRAIN_FORCED ends a drain at the hard limit', async t => {
    const shop = workshop(t, { limits: { soft: 10, hard: 40 } })
    shop.write('alpha', {
      'server.ts': server("await host.effect('x', () => () => { (globalThis as any).undone = true })"),
    })
    await shop.kernel.start()
    const pin = shop.kernel.pin()
    await shop.kernel.reload('alpha', 'spec')
    await shop.kernel.drained()
    assert.ok(shop.lines.some(({ fields }) => fields['code'] === 'PLG_DRAIN_FORCED'))
    assert.equal((globalThis as { undone?: boolean }).undone, true)
    pin.release()
  })

  it('PLG_DUPLICATE names both folders and loads neither', async t => {
    const shop = workshop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'own') })
    shop.write('../extra/alpha', { 'server.ts': offering('alpha', 'foreign') }, { id: 'alpha' })
    await shop.kernel.start()
    assert.equal(shop.error('alpha'), 'PLG_DUPLICATE')
    assert.equal(service(shop.kernel, 'alpha.value'), undefined)
  })

  it('an import that no plugin may use is refused in the UI too', async t => {
    const error = await refused(t, { 'ui/index.tsx': "import { h } from 'preact/compat'\nexport default h" })
    assert.equal(error.code, 'PLG_IMPORT_FORBIDDEN')
  })

  it('routes of the old generation answer on after a refused load', async t => {
    const shop = workshop(t)
    const route = (text: string) =>
      server(`host.route({ method: 'GET', path: '/x', summary: 's', public: true, handle: () => '${text}' })`)
    shop.write('alpha', { 'server.ts': route('old') })
    await shop.kernel.start()
    shop.write('alpha', { 'server.ts': `${route('new')}\nthrow new Error('late')` })
    assert.equal(await codeOf(shop.kernel.reload('alpha', 'spec')), 'PLG_EVAL_FAILED')
    const ctx = { path: '/alpha/x', body: '' }
    await shop.kernel
      .snapshot()
      .routes.get('alpha')
      ?.handle(ctx as never)
    assert.equal(ctx.body, 'old')
  })
})
