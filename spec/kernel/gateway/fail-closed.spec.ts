import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { Judge } from '../../../kernel/contract/index.ts'
import { chunk, endless, frame, hang, reset, stream, talk, textFrames } from '../../fixtures/upstream.ts'
import { markerJudge, SECRET, say, startModelPath, streamedText, THROW, until } from './model-path.ts'

const STREAM = say('hi', { stream: true })

function codeOf(text: string): string {
  return (JSON.parse(text) as { error: { code: string } }).error.code
}

test('without exactly one working judge nothing is forwarded', async t => {
  const path = await startModelPath(t)
  const undecided: Judge = {
    ...markerJudge,
    request: (units, call) => ({ ...markerJudge.request(units, call), verdict: 'error' }),
  }
  const vague: Judge = {
    ...markerJudge,
    request: (units, call) => ({ ...markerJudge.request(units, call), verdict: 'redact' }),
  }
  for (const judges of [[], [markerJudge, markerJudge], [undecided], [vague]]) {
    path.set.judges = judges
    const answer = await path.call(say('hi'))
    assert.deepEqual([answer.status, codeOf(answer.text)], [503, 'GW_SCANNER'])
    assert.equal(answer.headers['x-should-retry'], 'false')
  }
  path.set.judges = [markerJudge]
  assert.equal((await path.call(say(THROW))).status, 503)
  assert.equal(path.upstream.received.length, 0)
  assert.deepEqual(
    new Set(path.records.map(({ verdict, action }) => `${verdict} ${action}`)),
    new Set(['error refused']),
  )
  assert.equal(path.records.length, 5)
})

test('a judge that fails on an answer stops it, plain and streamed', async t => {
  const path = await startModelPath(t)
  path.upstream.script(talk(`fine so far ${THROW} more`))
  const plain = await path.call(say('hi'))
  assert.deepEqual([plain.status, codeOf(plain.text)], [503, 'GW_SCANNER'])
  const streamed = await path.call(STREAM)
  assert.match(streamed.text, /"code":"GW_SCANNER"/)
  assert.ok(!streamed.text.includes('[DONE]') && !streamed.text.includes('NOW'))
  path.set.judges = [
    {
      ...markerJudge,
      answer: () => {
        throw new Error('no')
      },
    },
  ]
  assert.equal((await path.call(STREAM)).status, 503)
  assert.deepEqual(
    path.records.map(({ verdict, action }) => `${verdict} ${action}`),
    ['error refused', 'error cut', 'error refused'],
  )
})

test('nothing is forwarded while records are not accepted', async t => {
  const path = await startModelPath(t)
  path.set.accepting = false
  const answer = await path.call(say('hi'))
  assert.deepEqual([answer.status, codeOf(answer.text)], [503, 'GW_RECORDS_FULL'])
  assert.equal(path.upstream.received.length, 0)
})

test('an answer whose record cannot be written is not shown as complete', async t => {
  const path = await startModelPath(t)
  path.set.recordFails = true
  const plain = await path.call(say('hi'))
  assert.deepEqual([plain.status, codeOf(plain.text)], [503, 'GW_RECORDS_FULL'])
  path.upstream.script(talk('one two three four'))
  const streamed = await path.call(STREAM)
  assert.ok(!streamed.text.includes('[DONE]'))
  assert.match(streamed.text, /GW_RECORDS_FULL/)
})

test('without kernel, keys, providers or snapshot calls are refused as not ready', async t => {
  const path = await startModelPath(t)
  path.set.routers = false
  assert.equal(codeOf((await path.call(say('hi'))).text), 'GW_NOT_READY')
  path.set.keys = false
  assert.equal(codeOf((await path.call(say('hi'))).text), 'GW_NOT_READY')
  path.set.keys = true
  path.set.version = 0
  assert.equal(codeOf((await path.call(say('hi'))).text), 'GW_NOT_READY')
  path.set.kernel = false
  assert.equal(codeOf((await path.call(say('hi'))).text), 'GW_NOT_READY')
  assert.equal(path.pins(), 0)
})

test('a caller that goes away takes the provider with it, and is on record', async t => {
  const path = await startModelPath(t)
  for (const script of [hang, stream(textFrames(['so far']).slice(0, 2), { end: false })]) {
    path.upstream.script(script)
    path.upstream.received.length = 0
    const body = JSON.stringify(STREAM)
    const socket = connect(path.port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${path.port}\r\nAuthorization: Bearer ${path.key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    await until(() => path.upstream.received.length === 1, 'call arrived')
    const gone = performance.now()
    socket.destroy()
    await until(() => path.upstream.received[0]?.abortedAt !== null, 'provider aborted')
    t.diagnostic(`aborted after ${((path.upstream.received[0]?.abortedAt ?? 0) - gone).toFixed(1)} ms`)
  }
  await until(() => path.records.length === 2, 'recorded')
  assert.deepEqual(
    path.records.map(record => record.status),
    [499, 499],
  )
  assert.equal(path.pins(), 0)
  assert.equal(path.gateway.calls().active, 0)
})

test('a caller that reads nothing does not make memory grow', async t => {
  const path = await startModelPath(t)
  let sent = 0
  const part = frame(chunk({ content: 'x'.repeat(60_000) }))
  path.upstream.script(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    while (!response.destroyed) {
      sent += part.length
      if (!response.write(part)) await new Promise(resolve => response.once('drain', resolve))
    }
  })
  const body = JSON.stringify(STREAM)
  const socket = connect(path.port, '127.0.0.1')
  socket.pause()
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${path.port}\r\nAuthorization: Bearer ${path.key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  let before = -1
  while (sent === 0 || sent !== before) {
    before = sent
    await new Promise(resolve => setTimeout(resolve, 150))
  }
  // What the kernel's socket buffers take on both connections, and nothing beyond.
  assert.ok(sent < 25_000_000, `${sent} bytes were taken from the provider`)
  socket.destroy()
  await until(() => path.records.length === 1, 'recorded')
})

test('a connection that breaks before the answer is tried once more, later ones are not', async t => {
  const path = await startModelPath(t)
  let turns = 0
  path.upstream.script((request, response) => {
    turns++
    return turns === 1 ? reset()(request, response) : talk('second try')(request, response)
  })
  assert.equal((await path.call(say('hi'))).status, 200)
  assert.equal(turns, 2)
  turns = -100
  path.upstream.script(reset())
  path.upstream.received.length = 0
  const answer = await path.call(say('hi'))
  assert.deepEqual([answer.status, codeOf(answer.text)], [502, 'GW_UPSTREAM_BROKEN'])
  assert.equal(path.upstream.received.length, 2)
  assert.equal(path.records.length, 2)
})

test('a provider that is not there is named in the error', async t => {
  const path = await startModelPath(t)
  path.set.target = { baseUrl: 'http://127.0.0.1:9/v1' }
  const answer = await path.call(say('hi'))
  assert.deepEqual([answer.status, codeOf(answer.text)], [502, 'GW_UPSTREAM_CONNECT'])
  assert.match(answer.text, /Provider \\"bar\\"/)
})

test('closing lets running calls end and refuses new ones', async t => {
  const path = await startModelPath(t)
  let release = (): void => {}
  path.upstream.script(async (request, response) => {
    await new Promise<void>(resolve => {
      release = resolve
    })
    return talk('finished')(request, response)
  })
  const running = path.call(STREAM)
  await until(() => path.upstream.received.length === 1, 'call arrived')
  const closing = path.gateway.close(5_000)
  await assert.rejects(path.call(say('hi')))
  release()
  assert.equal(streamedText((await running).text), 'finished')
  await closing
  assert.equal(path.records.length, 1)
})

test('what is left at the deadline ends with an error its caller can read', async t => {
  const path = await startModelPath(t)
  path.upstream.script(endless('more '))
  const streaming = path.call(STREAM)
  await until(() => path.upstream.received.length === 1, 'call arrived')
  path.upstream.script(hang)
  const waiting = path.call(say('hi'))
  await until(() => path.upstream.received.length === 2, 'second call arrived')
  await path.gateway.close(50)
  assert.match((await streaming).text, /data: \{"error":\{[^\n]*GW_STOPPING[^\n]*\}\n\n$/)
  assert.deepEqual([(await waiting).status, codeOf((await waiting).text)], [503, 'GW_STOPPING'])
  assert.deepEqual(
    path.records.map(record => record.error),
    ['GW_STOPPING', 'GW_STOPPING'],
  )
})

test('a model inside the process is judged, cut and aborted like any other', async t => {
  const path = await startModelPath(t)
  let aborted = false
  path.set.target = {
    route: 'demo',
    local: (body, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: (async function* () {
          const said = (body['messages'] as { content: string }[])[0]?.content ?? ''
          for (const part of textFrames([said, ' ', 'SECRETSECRET', 'SECRET'])) yield Buffer.from(part)
        })(),
      }
    },
  }
  const answer = await path.call(say(`echo ${SECRET}`, { stream: true }))
  assert.equal(streamedText(answer.text), 'echo [removed] [removed]')
  assert.equal(path.records[0]?.route, 'demo')
  path.set.target = {
    local: () => {
      throw new Error('broken model')
    },
  }
  assert.equal((await path.call(say('hi'))).status, 502)
  assert.equal(aborted, false)
})

test('a fault inside a plugin is an error with a call id, on record, and nothing is forwarded', async t => {
  const path = await startModelPath(t)
  path.set.faulty = true
  const answer = await path.call(say('hi'))
  assert.deepEqual([answer.status, codeOf(answer.text)], [500, 'GW_INTERNAL'])
  assert.equal(path.records[0]?.error, 'GW_INTERNAL')
  assert.equal(path.records[0]?.id, answer.headers['x-clawnex-call'])
  assert.ok(!answer.text.includes('router broke') && path.logged.join().includes('router broke'))
  assert.equal(path.upstream.received.length, 0)
  assert.equal(path.pins(), 0)
})

test('a plain answer beyond the limit is not shown', async t => {
  const path = await startModelPath(t, { answerBytes: 5_000 })
  path.upstream.script(talk('x'.repeat(6_000)))
  const answer = await path.call(say('hi'))
  assert.deepEqual([answer.status, codeOf(answer.text)], [502, 'GW_UPSTREAM_TOO_LARGE'])
})
