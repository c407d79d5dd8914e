import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { openStore } from '../../../kernel/store/index.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { quiet } from '../../fixtures/plugin-host.ts'
import { codeOf, offering, service, workshop } from './fixture.ts'

async function realShop(t: TestContext) {
  const dataDir = temporaryFolder(t)
  const store = await openStore({ dataDir, log: quiet })
  const shop = workshop(t, { store })
  t.after(() => store.close())
  return { shop, store, dataDir }
}

const MIGRATION = (sql: string) => `export default { up(db) { db.exec(\`${sql}\`) } }`

describe('with the real database', () => {
  it('migrations come in with the reload, once, and the old generation survives those that may not', async t => {
    const { shop, store } = await realShop(t)
    shop.write('alpha', {
      'server.ts': offering('alpha', 'one'),
      'migrations/0001-rows.ts': MIGRATION('CREATE TABLE alpha_row (x INTEGER) STRICT'),
    })
    await shop.kernel.start()
    assert.deepEqual(store.appliedMigrations('alpha'), ['0001-rows'])

    const refused: readonly [string, string][] = [
      ['PLG_MIGRATION_NOT_ADDITIVE', 'DROP TABLE alpha_row'],
      ['PLG_MIGRATION_FAILED', 'CREATE TABLE alpha_row (y)'],
      [
        'PLG_MIGRATION_BUDGET',
        'CREATE TABLE alpha_big (n INTEGER); INSERT INTO alpha_big WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 1500000) SELECT n FROM c',
      ],
    ]
    for (const [code, sql] of refused) {
      shop.write('alpha', { 'server.ts': offering('alpha', code), 'migrations/0002-next.ts': MIGRATION(sql) })
      assert.equal(await codeOf(shop.kernel.reload('alpha', 'spec')), code)
      assert.equal(service(shop.kernel, 'alpha.value'), 'one')
      assert.deepEqual(store.appliedMigrations('alpha'), ['0001-rows'])
    }
    shop.write('alpha', {
      'server.ts': offering('alpha', 'two'),
      'migrations/0002-next.ts': MIGRATION('ALTER TABLE alpha_row ADD COLUMN y INTEGER'),
    })
    await shop.kernel.reload('alpha', 'spec')
    assert.deepEqual(store.appliedMigrations('alpha'), ['0001-rows', '0002-next'])
    shop.write('alpha', { 'migrations/0001-rows.ts': MIGRATION('CREATE TABLE alpha_row (z)') })
    assert.equal(await codeOf(shop.kernel.reload('alpha', 'spec')), 'PLG_MIGRATION_HISTORY')
    assert.equal(service(shop.kernel, 'alpha.value'), 'two')
  })

  it('a restart after a broken edit serves the last good version; its own history does not stop it', async t => {
    const { shop, store } = await realShop(t)
    shop.write('alpha', { 'server.ts': offering('alpha', 'one') })
    await shop.kernel.start()
    shop.write('alpha', {
      'server.ts': `${offering('alpha', 'two')}\nthrow new Error('late')`,
      'migrations/0001-rows.ts': MIGRATION('CREATE TABLE alpha_row (x)'),
    })
    await codeOf(shop.kernel.reload('alpha', 'watch'))
    assert.deepEqual(store.appliedMigrations('alpha'), [])
    const again = shop.restart()
    await again.start()
    assert.equal(service(again, 'alpha.value'), 'one')
    assert.equal(again.status()[0]?.error?.code, 'PLG_EVAL_FAILED')
  })
})
