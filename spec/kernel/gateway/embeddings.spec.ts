import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { json, stream } from '../../fixtures/upstream.ts'
import { type Answer, BLOCK, type ModelPath, PLACEHOLDER, SECRET, startModelPath } from './model-path.ts'

const VECTORS = {
  object: 'list',
  data: [
    { object: 'embedding', index: 0, embedding: [0.25, -1.5, 3e-7] },
    { object: 'embedding', index: 1, embedding: [1, 2, 3] },
  ],
  model: 'embed-1',
  usage: { prompt_tokens: 9, total_tokens: 9 },
}

function ask(path: ModelPath, body: Record<string, unknown> | string): Promise<Answer> {
  return path.call(typeof body === 'string' ? body : { model: 'bar/embed-1', ...body }, { path: '/v1/embeddings' })
}

function codeOf(answer: Answer): unknown {
  return (answer.json()['error'] as Record<string, unknown>)['code']
}

test('a clean call and its vectors pass byte for byte, with their usage on record', async t => {
  const path = await startModelPath(t)
  const vectors = JSON.stringify(VECTORS, null, 1)
  path.upstream.script(json(vectors))
  const body = '{"model":"bar/embed-1" , "input":["eins","zw\\u00f6i"],"dimensions":3}'
  const answer = await ask(path, body)
  assert.equal(answer.text, vectors)
  const [received] = path.upstream.received
  assert.deepEqual([received?.path, received?.body.toString()], ['/v1/embeddings', body.replace('bar/', '')])
  const [record] = path.records
  assert.deepEqual(
    [record?.path, record?.dialect, record?.verdict, record?.unscannedBytes],
    ['/v1/embeddings', 'openai', 'allow', 0],
  )
  assert.deepEqual(record?.tokens, { input: 9, output: 0 })
  assert.deepEqual(
    record?.texts?.map(({ text }) => text),
    ['eins', 'zwöi'],
  )
})

test('texts are judged: secrets are removed, what is blocked never reaches the provider', async t => {
  const path = await startModelPath(t)
  path.upstream.script(json(VECTORS))
  assert.equal((await ask(path, { input: `a ${SECRET}` })).status, 200)
  assert.equal((await ask(path, { input: ['b', SECRET] })).status, 200)
  assert.deepEqual(
    path.upstream.received.map(received => received.json()['input']),
    [`a ${PLACEHOLDER}`, ['b', PLACEHOLDER]],
  )
  for (const input of [BLOCK, ['fine', BLOCK]]) {
    const answer = await ask(path, { input })
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'content_blocked'])
  }
  assert.equal(path.upstream.received.length, 2)
})

test('tokens, which nobody here can read, and what is no text are refused', async t => {
  const path = await startModelPath(t)
  for (const input of [
    [1, 2, 3],
    [[1, 2], [3]],
    ['text', 4],
    ['text', [5]],
  ])
    assert.deepEqual(codeOf(await ask(path, { input })), 'GW_UNSCANNABLE', JSON.stringify(input))
  for (const body of [
    {},
    { input: [] },
    { input: 7 },
    { input: [null] },
    { input: { text: 'x' } },
    { input: 'x', stream: true },
  ])
    assert.deepEqual(codeOf(await ask(path, body)), 'GW_BODY', JSON.stringify(body))
  assert.equal(path.upstream.received.length, 0)
})

test('only vectors go unread: other strings in their place are judged', async t => {
  const path = await startModelPath(t)
  const encoded = Buffer.from(new Float32Array([0.25, -1.5, 3e-7, 1]).buffer).toString('base64')
  path.upstream.script(json({ ...VECTORS, data: [{ object: 'embedding', index: 0, embedding: encoded }] }))
  assert.ok((await ask(path, { input: 'x', encoding_format: 'base64' })).text.includes(encoded))
  for (const odd of [
    { ...VECTORS, data: [{ object: 'embedding', index: 0, embedding: SECRET }] },
    { ...VECTORS, data: [{ object: 'embedding', index: 0, embedding: [0, SECRET] }] },
    { ...VECTORS, note: SECRET },
  ]) {
    path.upstream.script(json(odd))
    const answer = await ask(path, { input: 'x' })
    assert.ok(answer.status === 200 && !answer.text.includes(SECRET) && answer.text.includes(PLACEHOLDER))
  }
})

test('errors of the provider pass, answers of another shape do not', async t => {
  const path = await startModelPath(t)
  const body = { error: { message: `no such model ${SECRET}`, type: 'invalid_request_error', param: null, code: null } }
  path.upstream.script(json(body, 404))
  const answer = await ask(path, { input: 'x' })
  assert.equal(answer.status, 404)
  assert.deepEqual(answer.json(), JSON.parse(JSON.stringify(body).replace(SECRET, PLACEHOLDER)))
  for (const script of [json('{}'), json('<html>'), stream(['data: {}\n\n'])]) {
    path.upstream.script(script)
    assert.equal((await ask(path, { input: 'x' })).status, 502)
  }
})

test('the official SDK embeds texts and reads refusals', async t => {
  const path = await startModelPath(t)
  const sdk = new OpenAI({ apiKey: path.key, baseURL: `${path.url}/v1`, maxRetries: 0 })
  const floats = [0.25, -1.5, 1]
  path.upstream.script((request, response) => {
    const encoded = Buffer.from(new Float32Array(floats).buffer).toString('base64')
    const embedding = request.json()['encoding_format'] === 'base64' ? encoded : floats
    return json({ ...VECTORS, data: [{ object: 'embedding', index: 0, embedding }] })(request, response)
  })
  const answer = await sdk.embeddings.create({ model: 'bar/embed-1', input: 'text' })
  assert.deepEqual(answer.data[0]?.embedding, floats)
  await assert.rejects(sdk.embeddings.create({ model: 'bar/embed-1', input: BLOCK }), OpenAI.BadRequestError)
})
