import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Finding, Judge } from '../../../kernel/contract/index.ts'
import { completion, json, plain, stream, talk, textFrames, toolFrames } from '../../fixtures/upstream.ts'
import { BLOCK, markerJudge, PLACEHOLDER, SECRET, say, startModelPath } from './model-path.ts'

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

test('what a judge gave up on stays off the record, from where it stopped', async t => {
  const path = await startModelPath(t)
  const given: Omit<Finding, 'start' | 'end' | 'unit'> = {
    category: 'shield',
    rule: 'shield.truncated',
    severity: 'high',
    confidence: 1,
    view: 'raw',
    title: 'Too much work',
  }
  const tired: Judge = {
    ...markerJudge,
    request: (units, call) => {
      const unit = units.find(({ text }) => text.startsWith('read up to here'))?.id ?? -1
      const judgement = markerJudge.request(units, call)
      const findings = [20, 15].map(at => ({ ...given, start: at, end: at, unit }))
      return { ...judgement, verdict: 'block', findings: [...judgement.findings, ...findings] }
    },
  }
  path.set.judges = [tired]
  const text = `read up to here and no further: ${'unread words '.repeat(20)}`
  for (const mode of ['redacted', 'forensic'] as const) {
    path.set.textMode = mode
    await path.call(say(text))
  }
  for (const { texts } of path.records) {
    assert.deepEqual(
      texts?.map(({ text, omitted }) => [text, omitted]),
      [['read up to here', text.length - 15]],
    )
  }
})

test('of an address that nobody serves only known words and its length go on record', async t => {
  const path = await startModelPath(t)
  const secret = randomBytes(24).toString('hex')
  const addresses = {
    [`/v1/${secret}`]: '/v1/… (52 characters)',
    [`/${secret}/v1/chat?key=${secret}`]: '/…/v1/chat (57 characters)',
    [`/v1/chat/completions/${secret}`]: '/v1/chat/completions/… (69 characters)',
    [`/${'v1/'.repeat(500)}`]: '/v1/v1/v1/v1/v1/v1 (1501 characters)',
    '/v1/completions': '/v1/completions',
  }
  for (const address of Object.keys(addresses)) {
    assert.equal((await path.call(say('hi'), { path: address })).status, 404)
    await path.call(say('hi'), { path: address, key: null })
  }
  assert.deepEqual(
    path.records.map(record => record.path),
    Object.values(addresses),
  )
  assert.ok(!JSON.stringify([path.records, path.logged]).includes(secret))
})
