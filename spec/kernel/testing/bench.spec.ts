import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { actorWith, bench } from 'clawnex/testing'
import { Type } from 'typebox'
import {
  defineGatewayPlugin,
  definePlugin,
  defineRoute,
  recordToken,
  serviceToken,
  snapshotToken,
} from '../../../kernel/contract/index.ts'

const CLOCK = serviceToken<{ now(): number }>('clock.time')
const LIMIT = snapshotToken<number>('notes.limit')
const SEEN = recordToken<{ text: string }>('notes.seen')
const notes = definePlugin<{ limit: number }, { clock: typeof CLOCK }>({
  needs: { clock: CLOCK },
  setup(host, needs) {
    const add = host.db.prepare('INSERT INTO notes_note (text, at) VALUES (?, ?)')
    const all = host.db.prepare('SELECT text, at FROM notes_note')
    host.publish(LIMIT, host.config.limit)
    host.onRecords(SEEN, rows => {
      for (const { row, at } of rows) add.run(row.text, at)
    })
    host.job({ name: 'tick', every: 60_000, run: () => void add.run('tick', needs.clock.now()) })
    host.route(
      defineRoute({
        method: 'POST',
        path: '/notes',
        summary: 'Adds a note.',
        permission: 'notes.write',
        audit: 'notes.add',
        body: Type.Object({ text: Type.String({ minLength: 1 }) }),
        reply: Type.Object({ count: Type.Integer() }),
        status: 201,
        handle({ body }) {
          add.run(body.text, needs.clock.now())
          return { count: all.all().length }
        },
      }),
    )
  },
})

const options = {
  id: 'notes',
  config: { schema: { type: 'object', properties: { limit: { type: 'integer', default: 7 } } } },
  migrations: {
    '0001-notes': { up: (db: { exec(sql: string): unknown }) => void db.exec('CREATE TABLE notes_note (text, at)') },
  },
  services: [[CLOCK, { now: () => 42 }]] as const,
}

describe('bench', () => {
  it('calls routes with schemas and permissions, as the dispatcher would', async () => {
    const plugin = await bench(notes, options as never)
    const answer = await plugin.call('POST', '/notes', { body: { text: 'hello' } })
    assert.deepEqual(answer, { status: 201, headers: {}, body: { count: 1 } })
    await assert.rejects(plugin.call('POST', '/notes', { body: { text: '' } }), { code: 'API_INVALID' })
    await assert.rejects(plugin.call('GET', '/nowhere'), { code: 'API_NOT_FOUND' })
    await assert.rejects(plugin.call('POST', '/notes', { actor: actorWith('notes.read'), body: { text: 'x' } }), {
      code: 'API_FORBIDDEN',
    })
    assert.equal(await plugin.denies('POST', '/notes', { body: { text: 'x' } }), true)
    await plugin.undone()
  })

  it('brings records, runs jobs and shows what was published', async () => {
    const plugin = await bench(notes, options as never)
    assert.equal(plugin.published(LIMIT), 7)
    plugin.ingest(SEEN, [{ id: 'a', at: 5, row: { text: 'seen' } }])
    await plugin.runJob('tick')
    assert.deepEqual(plugin.db.prepare('SELECT * FROM notes_note').all(), [
      { text: 'seen', at: 5 },
      { text: 'tick', at: 42 },
    ])
    await assert.rejects(plugin.runJob('tock'))
    await plugin.undone()
  })

  it('keeps the old version when the next one does not load', async () => {
    const plugin = await bench(notes, options as never)
    const bad = definePlugin({
      setup() {
        throw new Error('no')
      },
    })
    await assert.rejects(plugin.reload(bad), { code: 'PLG_SETUP_FAILED' })
    assert.equal((await plugin.call('POST', '/notes', { body: { text: 'on' } })).status, 201)
    assert.equal(plugin.status().state, 'failed')
    await plugin.reload(notes)
    assert.equal(plugin.status().state, 'active')
    await plugin.undone()
  })

  it('undone() tells of a listener that was left behind', async () => {
    const listener = (): void => {}
    const plugin = await bench(definePlugin({ setup: () => void process.on('warning', listener) }))
    await assert.rejects(plugin.undone(), /listeners on process are left over/)
    process.off('warning', listener)
  })

  it('leaks() counts generations that something still holds', async () => {
    const kept: unknown[] = []
    const clean = await bench(definePlugin({ setup() {} }))
    assert.equal(await clean.leaks(5), 0)
    const leaky = await bench(definePlugin({ setup: host => void kept.push(() => host) }))
    assert.equal(await leaky.leaks(5), 5)
    await clean.undone()
  })

  it('runs gateway entries with values and rows in memory', async () => {
    const plugin = await bench(
      defineGatewayPlugin({
        setup(host) {
          host.onSnapshot(LIMIT, value => void host.record(SEEN, { text: `limit ${value}` }))
        },
      }),
      { id: 'notes' },
    )
    plugin.accept(LIMIT, 3)
    assert.deepEqual(plugin.recorded(SEEN), [{ text: 'limit 3' }])
    await plugin.undone()
  })

  it('rejects with the error of the phase when the plugin does not load', async () => {
    await assert.rejects(bench(notes, { ...options, services: [] } as never), { code: 'PLG_SERVICE_ABSENT' })
  })
})
