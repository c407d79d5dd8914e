import assert from 'node:assert/strict'
import { get } from 'node:http'
import { test } from 'node:test'
import type { InjectStream } from '../../../kernel/http/inject.ts'
import { bearer, createRig, type Rig, until } from './rig.ts'

interface Listener {
  readonly status: number
  text(): string
  ended(): boolean
  close(): void
}

async function listen(rig: Rig, key: string, lastId?: string): Promise<Listener> {
  const stream: InjectStream = await rig.http.inject.stream({
    path: '/api/v1/events',
    headers: { ...bearer(key), ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
  })
  let text = ''
  let ended = false
  stream.body.on('data', chunk => {
    text += String(chunk)
  })
  stream.body.on('end', () => {
    ended = true
  })
  stream.body.on('error', () => {
    ended = true
  })
  return { status: stream.status, text: () => text, ended: () => ended, close: stream.close }
}

const lastIdOf = (text: string): string => [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] as string

test('an event arrives with id, name and JSON', async () => {
  const rig = createRig()
  const listener = await listen(rig, rig.key('demo.read'))
  rig.emit('demo.made', 'demo.read', { text: 'a\nb' })
  await until(() => listener.text().includes('demo.made'))
  assert.match(listener.text(), /id: [0-9a-f]{12}-1\nevent: demo\.made\ndata: \{"text":"a\\nb"\}\n\n/)
  listener.close()
})

test('nobody gets an event without its permission', async () => {
  const rig = createRig()
  const [some, all] = [await listen(rig, rig.key('demo.read')), await listen(rig, rig.key('*'))]
  rig.emit('demo.secret', 'demo.secret', { n: 1 })
  rig.emit('demo.open', 'demo.read', { n: 2 })
  await until(() => some.text().includes('demo.open') && all.text().includes('demo.open'))
  assert.ok(!some.text().includes('demo.secret'))
  assert.ok(all.text().includes('demo.secret'))
})

/** A client that saw `demo.one` and went away. */
async function listenOnce() {
  const rig = createRig()
  const key = rig.key('demo.read')
  const first = await listen(rig, key)
  rig.emit('demo.one', 'demo.read', 1)
  await until(() => first.text().includes('demo.one'))
  first.close()
  return { rig, key, first }
}

test('a client that comes back gets what it missed, filtered, and nothing twice', async () => {
  const { rig, key, first } = await listenOnce()
  rig.emit('demo.two', 'demo.read', 2)
  rig.emit('demo.hidden', 'demo.secret', 3)
  const second = await listen(rig, key, lastIdOf(first.text()))
  await until(() => second.text().includes('demo.two'))
  rig.emit('demo.four', 'demo.read', 4)
  await until(() => second.text().includes('demo.four'))
  assert.ok(!/demo\.one|demo\.hidden|event: reset/.test(second.text()))
  assert.equal(second.text().match(/demo\.two/g)?.length, 1)
})

test('a client that was away too long, or knew another process, is told to start over', async () => {
  const { rig, key, first } = await listenOnce()
  for (let at = 0; at < 1001; at += 1) rig.emit('demo.more', 'demo.read', at)
  const late = await listen(rig, key, lastIdOf(first.text()))
  await until(() => late.text().includes('event: reset'))
  assert.ok(!late.text().includes('demo.more'))
  for (const id of ['0123456789ab-1', 'nonsense', lastIdOf(late.text()).replace(/\d+$/, '99999')]) {
    const stranger = await listen(rig, key, id)
    await until(() => stranger.text().includes('event: reset'))
    stranger.close()
  }
  const resumed = await listen(rig, key, lastIdOf(late.text()))
  rig.emit('demo.after', 'demo.read', 1)
  await until(() => resumed.text().includes('demo.after'))
  assert.ok(!resumed.text().includes('reset'), 'the id that came with reset is one to resume from')
})

test('a revoked key loses its stream at once, others keep theirs', async () => {
  const rig = createRig()
  const [key, other] = [rig.key('demo.read'), rig.key('demo.read')]
  const [listener, stays] = [await listen(rig, key), await listen(rig, other)]
  rig.revoke(key)
  await until(() => listener.ended(), 1000)
  rig.emit('demo.late', 'demo.read', 1)
  await until(() => stays.text().includes('demo.late'))
  assert.ok(!listener.text().includes('demo.late'))
})

test('a key that ends without a call is noticed within a second, and gets no event before that', async () => {
  const rig = createRig()
  const [key, idle] = [rig.key('demo.read'), rig.key('demo.read')]
  const [listener, silent] = [await listen(rig, key), await listen(rig, idle)]
  rig.revoke(key, { silently: true })
  rig.emit('demo.late', 'demo.read', 1)
  await until(() => listener.ended(), 1000)
  assert.ok(!listener.text().includes('demo.late'))
  rig.revoke(idle, { silently: true })
  await until(() => silent.ended(), 1000)
})

test('streams end when the access plugin is gone', async () => {
  const rig = createRig()
  const listener = await listen(rig, rig.key('*'))
  rig.accessIs(false)
  await until(() => listener.ended(), 1000)
})

test('a quiet stream shows that it is alive', async () => {
  const rig = createRig({ heartbeatMs: 20 })
  const listener = await listen(rig, rig.key('demo.read'))
  await until(() => listener.text().includes(': alive\n\n'))
})

test('without a credential there is no stream', async () => {
  const rig = createRig()
  assert.equal((await rig.http.inject({ path: '/api/v1/events' })).status, 401)
  assert.equal((await rig.http.inject({ path: '/api/v1/events', headers: bearer('wrong') })).status, 401)
  assert.equal(
    (await rig.http.inject({ path: '/api/v1/events', method: 'POST', headers: bearer(rig.key('*')) })).status,
    405,
  )
})

test('a client that does not read is dropped with bounded memory, and told to start over', async () => {
  const rig = createRig()
  const port = await rig.listen()
  const text = await new Promise<string>((resolve, reject) => {
    const request = get(
      { port, host: '127.0.0.1', path: '/api/v1/events', headers: bearer(rig.key('demo.read')) },
      async reply => {
        reply.pause()
        const payload = 'x'.repeat(64_000)
        for (let at = 0; at < 400; at += 1) {
          rig.emit('demo.big', 'demo.read', payload)
          if (at % 20 === 0) await new Promise(done => setImmediate(done))
        }
        let received = ''
        reply.on('data', chunk => {
          received += String(chunk)
        })
        reply.on('end', () => resolve(received))
        reply.on('error', reject)
        reply.resume()
      },
    )
    request.on('error', reject)
  })
  assert.ok(text.endsWith('event: reset\ndata: {}\n\n'), text.slice(-200))
  assert.ok(text.match(/demo\.big/g)!.length < 400)
})

test('closing the server ends its streams', async () => {
  const rig = createRig()
  const listener = await listen(rig, rig.key('demo.read'))
  await rig.http.close(100)
  await until(() => listener.ended())
})
