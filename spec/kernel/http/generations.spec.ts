import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { Type } from 'typebox'
import { defineRoute, reply } from '../../../kernel/contract/index.ts'
import { bearer, createRig, until } from './rig.ts'

test('a stream of the old generation goes on after the swap, new requests get the new one', async () => {
  const source = new Readable({ read() {} })
  const route = (text: string, body?: Readable) =>
    defineRoute({
      method: 'GET',
      path: '',
      summary: 'Answers.',
      permission: 'demo.read',
      reply: Type.Any(),
      handle: () => (body === undefined ? { text } : reply(200, body, { 'content-type': 'text/plain; charset=utf-8' })),
    })
  const rig = createRig({ specs: [route('old', source)] })
  const headers = bearer(rig.key('demo.read'))
  source.push('one ')
  const stream = await rig.http.inject.stream({ path: '/api/v1/demo', headers })
  let text = ''
  stream.body.on('data', chunk => {
    text += String(chunk)
  })
  await until(() => text === 'one ')
  rig.load([route('new')])
  assert.deepEqual((await rig.http.inject({ path: '/api/v1/demo', headers })).json(), { text: 'new' })
  await until(() => rig.pins() === 1)
  source.push('two')
  source.push(null)
  await until(() => text === 'one two')
  await until(() => rig.pins() === 0)
})

test('every kind of reply releases its pin', async () => {
  const rig = createRig({
    specs: [
      defineRoute({
        method: 'GET',
        path: '/:how',
        summary: 'Ends in one way or another.',
        permission: 'demo.read',
        handle({ params }) {
          if ((params as { how: string }).how === 'throw') throw new Error('no')
          return undefined
        },
      }),
    ],
  })
  const headers = bearer(rig.key('demo.read'))
  for (const path of ['/fine', '/throw', '', '/a/b']) {
    await rig.http.inject({ path: `/api/v1/demo${path}`, headers })
    await rig.http.inject({ path: `/api/v1/demo${path}` })
  }
  await until(() => rig.pins() === 0)
})

test('requests that run while the server closes are finished, new ones refused', async () => {
  let finish: () => void = () => {}
  const rig = createRig({
    specs: [
      defineRoute({
        method: 'GET',
        path: '',
        summary: 'Waits.',
        permission: 'demo.read',
        reply: Type.Object({ ok: Type.Boolean() }),
        handle: () => new Promise<{ ok: boolean }>(resolve => (finish = () => resolve({ ok: true }))),
      }),
    ],
  })
  const port = await rig.listen()
  const running = fetch(`http://127.0.0.1:${port}/api/v1/demo`, { headers: bearer(rig.key('demo.read')) })
  await until(() => rig.pins() === 1)
  const closed = rig.http.close(5000)
  assert.equal((await rig.http.inject({ path: '/api/health' })).status, 503)
  finish()
  assert.deepEqual(await (await running).json(), { ok: true })
  await closed
})
