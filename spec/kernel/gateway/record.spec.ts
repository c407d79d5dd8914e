import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completion, json, plain, stream, talk, textFrames, toolFrames } from '../../fixtures/upstream.ts'
import { BLOCK, PLACEHOLDER, SECRET, say, startModelPath } from './model-path.ts'

test('texts go on record as the text mode allows, without secrets in any mode', async t => {
  const path = await startModelPath(t)
  const long = `${SECRET} and then ${'words '.repeat(2_000)}`
  path.upstream.script(talk(`answer with ${SECRET}`))
  for (const mode of ['redacted', 'forensic', 'metadata', null] as const) {
    path.set.textMode = mode
    await path.call(say(long))
    await path.call(say(long, { stream: true }))
  }
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
  const [redacted, streamed, forensic] = path.records.map(record => record.texts)
  assert.deepEqual(redacted, streamed)
  assert.equal(redacted?.length, 2)
  assert.ok((redacted?.[0]?.text.length ?? 0) <= 4096)
  assert.deepEqual(redacted?.[0]?.removed, [{ start: 0, end: PLACEHOLDER.length, label: PLACEHOLDER }])
  assert.equal(redacted?.[0]?.omitted, long.length - 4096 - (SECRET.length - PLACEHOLDER.length))
  assert.deepEqual(redacted?.[1], {
    unit: path.records[0]?.texts?.[1]?.unit,
    origin: 'model',
    direction: 'outbound',
    text: `answer with ${PLACEHOLDER}`,
    omitted: 0,
    removed: [{ start: 12, end: 12 + PLACEHOLDER.length, label: PLACEHOLDER }],
  })
  assert.equal(forensic?.[0]?.text.length, forensic?.[0] && long.length - SECRET.length + PLACEHOLDER.length)
  assert.deepEqual(
    path.records.slice(4).map(record => record.texts),
    [null, null, null, null],
  )
})

test('findings of an answer name the text they were made in', async t => {
  const path = await startModelPath(t)
  path.upstream.script(json(completion({ content: 'fine', reasoning_content: `hm ${SECRET}` })))
  await path.call(say('hi'))
  const [record] = path.records
  const [finding] = record?.findings ?? []
  const text = record?.texts?.find(candidate => candidate.unit === finding?.unit)
  assert.equal(text?.text, `hm ${PLACEHOLDER}`)
})

test('a stopped tool call is on record with its name', async t => {
  const path = await startModelPath(t)
  path.upstream.script(stream(toolFrames('run_shell', [`{"command":"${BLOCK}"}`])))
  await path.call(say('hi', { stream: true }))
  const text = path.records[0]?.texts?.find(candidate => candidate.direction === 'outbound')
  assert.deepEqual([text?.origin, text?.tool, text?.text], ['tool_call', 'run_shell', `{"command":"${BLOCK}"}`])
})

test('the undecided end of an answer that broke off stays off the record', async t => {
  const path = await startModelPath(t)
  path.upstream.script(stream([...textFrames(['shown ', 'SECRETSECRETSEC']).slice(0, 3)], { end: false }))
  path.set.target = { timeouts: { firstByte: 1_000, idle: 60 } }
  await path.call(say('hi', { stream: true }))
  const text = path.records[0]?.texts?.find(candidate => candidate.direction === 'outbound')
  assert.ok(text?.text.startsWith('shown '))
})

test('only the newest texts of a long history are kept', async t => {
  const path = await startModelPath(t)
  const messages = Array.from({ length: 60 }, (_, at) => ({
    role: 'user',
    content: `message ${at} ${'x'.repeat(5_000)}`,
  }))
  await path.call({ model: 'bar/model-1', messages })
  const texts = path.records[0]?.texts ?? []
  assert.ok(texts.length <= 20 && JSON.stringify(texts).length < 80_000)
  assert.ok(texts.at(-2)?.text.startsWith('message 59'))
})

test('without usage tokens and cost are unknown, never zero', async t => {
  const path = await startModelPath(t)
  const { usage: _usage, ...without } = completion({ content: 'hi' })
  path.upstream.script(json(without))
  await path.call(say('hi'))
  path.upstream.script(plain('hi'))
  path.set.target = { price: null }
  await path.call(say('hi'))
  assert.deepEqual(
    path.records.map(({ tokens, cost }) => [tokens, cost]),
    [
      [null, null],
      [{ input: 11, output: 7 }, null],
    ],
  )
})
