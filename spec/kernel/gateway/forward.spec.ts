import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completion, json, plain, stream, talk, textFrames } from '../../fixtures/upstream.ts'
import { BLOCK, PLACEHOLDER, SECRET, say, startModelPath, streamedText } from './model-path.ts'

test('a clean call reaches the provider with its own bytes, only the provider prefix of the model removed', async t => {
  const path = await startModelPath(t)
  const body =
    '{ "messages":[{"role":"user","content":"Grüße \\u00e9 {\\"model\\":1}"}],\n "model" : "bar/model-1","temperature":1.0}'
  const answer = await path.call(body)
  assert.equal(answer.status, 200)
  assert.equal(path.upstream.received[0]?.body.toString(), body.replace('bar/model-1', 'model-1'))
  assert.equal(answer.text, JSON.stringify(completion({ content: 'Hello from the upstream.' })))
})

test('a record says what happened, with tokens, cost and times', async t => {
  const path = await startModelPath(t)
  const answer = await path.call(say('hello'))
  const [record] = path.records
  assert.equal(path.records.length, 1)
  assert.equal(record?.id, answer.headers['x-clawnex-call'])
  assert.equal(answer.headers['x-clawnex-verdict'], 'allow')
  assert.equal(record?.verdict, 'allow')
  assert.equal(record?.action, 'forwarded')
  assert.deepEqual(record?.tokens, { input: 11, output: 7 })
  assert.deepEqual(record?.cost, { micros: 92, currency: 'USD', trust: 'estimated' })
  assert.equal(record?.unscannedBytes, 0)
  assert.ok((record?.scannedBytes ?? 0) >= 'hello'.length + 'Hello from the upstream.'.length)
  assert.equal(path.pins(), 0)
})

test('a blocked call never reaches the provider and is refused with 400', async t => {
  const path = await startModelPath(t)
  const answer = await path.call(say(`please ${BLOCK}`))
  assert.equal(answer.status, 400)
  const error = answer.json()['error'] as Record<string, unknown>
  assert.equal(error['code'], 'content_blocked')
  assert.match(String(error['message']), /A marker that blocks/)
  assert.equal(path.upstream.received.length, 0)
  assert.equal(path.records[0]?.action, 'refused')
  assert.equal(path.records[0]?.verdict, 'block')
  assert.equal(path.records[0]?.error, 'GW_BLOCKED')
})

test('a secret in a call is removed before it is forwarded', async t => {
  const path = await startModelPath(t)
  const answer = await path.call(say(`my key is ${SECRET}.`))
  assert.equal(answer.status, 200)
  const sent = path.upstream.received[0]?.json() as { model: string; messages: { content: string }[] }
  assert.equal(sent.messages[0]?.content, `my key is ${PLACEHOLDER}.`)
  assert.equal(sent.model, 'model-1')
  assert.equal(path.records[0]?.action, 'redacted')
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('a streamed answer passes byte for byte', async t => {
  const path = await startModelPath(t)
  const frames = textFrames(['Hel', 'lo ', 'wörld'], { usage: true })
  path.upstream.script(stream(frames))
  const answer = await path.call(say('hi', { stream: true }))
  assert.equal(answer.status, 200)
  assert.equal(answer.text, frames.join(''))
  assert.deepEqual(path.records[0]?.tokens, { input: 11, output: 7 })
})

test('a secret in a streamed answer is cut out however it is cut into pieces', async t => {
  const path = await startModelPath(t)
  for (const size of [1, 2, 3, 5, 17, 18, 40]) {
    path.upstream.script(talk(`before ${SECRET} after`, size))
    const answer = await path.call(say('hi', { stream: true }))
    assert.equal(streamedText(answer.text), `before ${PLACEHOLDER} after`)
    assert.ok(answer.text.endsWith('data: [DONE]\n\n'))
  }
  assert.ok(path.records.every(record => record.action === 'redacted' && record.verdict === 'redact'))
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('a blocked plain answer is replaced by a refusal', async t => {
  const path = await startModelPath(t)
  path.upstream.script(plain(`sure: ${BLOCK}`))
  const answer = await path.call(say('hi'))
  assert.equal(answer.status, 400)
  assert.ok(!answer.text.includes(BLOCK))
  assert.equal(path.records[0]?.action, 'refused')
})

test('an error of the provider passes with its status', async t => {
  const path = await startModelPath(t)
  const body = { error: { message: 'slow down', type: 'rate_limit_error', param: null, code: null } }
  path.upstream.script(json(body, 429, { 'retry-after': '7', 'x-request-id': 'req-1', 'set-cookie': 'a=b' }))
  const answer = await path.call(say('hi'))
  assert.equal(answer.status, 429)
  assert.deepEqual(answer.json(), body)
  assert.equal(answer.headers['retry-after'], '7')
  assert.equal(answer.headers['x-request-id'], 'req-1')
  assert.equal(answer.headers['set-cookie'], undefined)
  assert.equal(path.records[0]?.status, 429)
})
