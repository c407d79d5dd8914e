/** Ways round the shield that were tried: places where text travels that nobody reads at first sight. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { chunk, completion, frame, json, stream } from '../../fixtures/upstream.ts'
import { BLOCK, type ModelPath, SECRET, say, startModelPath, THROW } from './model-path.ts'

const STREAM = say('hi', { stream: true })
const [FIRST, SECOND] = [SECRET.slice(0, 9), SECRET.slice(9)]
const END = [frame(chunk({}, 'stop')), frame('[DONE]')]

function choice(members: Record<string, unknown>): string {
  return frame({ ...chunk({}), choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null, ...members }] })
}

async function streamed(path: ModelPath, frames: readonly string[]): Promise<string> {
  path.upstream.script(stream([...frames, ...END]))
  return (await path.call(STREAM)).text
}

test('texts of a call that was refused before it was judged stay off the record', async t => {
  const path = await startModelPath(t)
  path.set.models = ['other/*']
  assert.equal((await path.call(say(`my ${SECRET}`))).status, 403)
  path.set.models = null
  assert.equal((await path.call({ ...say(`my ${SECRET}`), model: 'nobody/m' })).status, 404)
  assert.equal((await path.call({ ...say('hi'), model: `nobody/${SECRET}` })).status, 404)
  assert.equal((await path.call(say(`${THROW} ${SECRET}`))).status, 503)
  assert.equal(path.records.length, 4)
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
  assert.equal(path.records[1]?.model, 'nobody/m')
  assert.equal(path.upstream.received.length, 0)
})

test('a model name is no way out, neither to the provider nor to the record', async t => {
  const path = await startModelPath(t)
  const name = String(say('hi').model)
  const answer = await path.call({ ...say('hi'), model: `${name.split('/')[0]}/${SECRET}` })
  assert.equal(answer.status, 400)
  assert.equal((await path.call({ ...say('hi'), model: `up/${'y'.repeat(300)}` })).status, 400)
  assert.equal(path.upstream.received.length, 0)
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('headers that hold a secret stay here, in both directions', async t => {
  const path = await startModelPath(t)
  path.upstream.script(json(completion({ content: 'fine' }), 200, { 'x-request-id': SECRET }))
  const answer = await path.call(say('hi'), { headers: { 'x-title': SECRET, 'user-agent': 'agent/1' } })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['x-request-id'], undefined)
  assert.ok(!JSON.stringify(path.upstream.received[0]?.headers).includes(SECRET))
  await path.call(say('hi'), { headers: { 'user-agent': 'agent/1' } })
  assert.equal(path.upstream.received[1]?.headers['user-agent'], 'agent/1')
})

test('what a base64 decoder would leave out of a file is not forwarded', async t => {
  const path = await startModelPath(t)
  const file = (data: string) => ({
    ...say('hi'),
    messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: data } }] }],
  })
  const padded = Buffer.from(`${'hello world '.repeat(500)}x`).toString('base64')
  for (const data of [`data:text/plain;base64,${padded} ${SECRET}`, `${padded} ${BLOCK}`]) {
    const answer = await path.call(file(data))
    assert.notEqual(answer.status, 200)
  }
  assert.equal(path.upstream.received.length, 0)
  assert.equal((await path.call(file(`data:text/plain;base64,${padded}`))).status, 200)
})

test('no list or member of the token list passes unread', async t => {
  const path = await startModelPath(t)
  const token = (members: Record<string, unknown>) => choice({ logprobs: { content: [{ token: 'a', ...members }] } })
  const whole = [
    token({ top_logprobs: [{ token: SECRET }] }),
    token({ bytes: [...Buffer.from(SECRET)] }),
    token({ note: SECRET }),
    token({ [SECRET]: 1 }),
    choice({ logprobs: { tokens: [SECRET] } }),
  ]
  for (const one of whole) {
    const text = await streamed(path, [one])
    assert.ok(!text.includes(SECRET) && !text.includes(String([...Buffer.from(SECRET)])), one)
  }
  const split = await streamed(
    path,
    [FIRST, SECOND].map(part => token({ top_logprobs: [{ token: 'b' }, { token: part }] })),
  )
  assert.ok(!split.includes(SECOND))
})

test('pieces of one text may stand at another position of a list in each frame', async t => {
  const path = await startModelPath(t)
  const text = await streamed(path, [
    frame(chunk({ content: [{ type: 'text', text: FIRST }] })),
    frame(
      chunk({
        content: [
          { type: 'text', text: '' },
          { type: 'text', text: SECOND },
        ],
      }),
    ),
  ])
  assert.ok(!text.includes(SECOND))
})

const toolCall = (members: Record<string, unknown>): string => frame(chunk({ tool_calls: [{ index: 0, ...members }] }))

test('a second tool call under the same number is judged on its own', async t => {
  const path = await startModelPath(t)
  const first = toolCall({ id: 'a', function: { name: 'list', arguments: '{"in":"."}' } })
  const second = (text: string) => toolCall({ id: 'b', function: { name: 'run', arguments: `{"command":"${text}"}` } })
  assert.ok((await streamed(path, [first, second('ls')])).includes('"id":"b"'))
  assert.deepEqual(
    path.records
      .at(-1)
      ?.texts?.filter(text => text.direction === 'outbound')
      .map(text => [text.tool, text.text]),
    [
      ['list', '{"in":"."}'],
      ['run', '{"command":"ls"}'],
    ],
  )
  assert.ok(!(await streamed(path, [first, second(BLOCK)])).includes(BLOCK))
  // A client that goes by number would put these halves together.
  const half = toolCall({ id: 'a', function: { name: 'run', arguments: `{"command":"${BLOCK.slice(0, 4)}` } })
  const rest = toolCall({ id: 'b', function: { arguments: `${BLOCK.slice(4)}"}` } })
  assert.ok(!(await streamed(path, [half, rest])).includes('command'))
})

test('a tool name that comes in pieces is judged as one, and a list of arguments as arguments', async t => {
  const path = await startModelPath(t)
  const name = (part: string) => toolCall({ id: 'a', function: { name: part, arguments: '' } })
  assert.ok(!(await streamed(path, [name(FIRST), name(SECOND)])).includes(SECOND))
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
  const list = toolCall({ id: 'a', function: { name: 'run', arguments: ['x', BLOCK] } })
  assert.ok(!(await streamed(path, [list])).includes(BLOCK))
})

test('a status that is none is a broken provider', async t => {
  const path = await startModelPath(t)
  path.upstream.script(json({ error: { message: 'x' } }, 999))
  assert.equal((await path.call(say('hi'))).status, 502)
})

test('a caller that writes a too large body to its end reads why it was refused', async t => {
  const path = await startModelPath(t, { requestBytes: 64 * 1024 })
  for (const framing of ['content-length: 4000000', 'transfer-encoding: chunked']) {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect(path.port, '127.0.0.1', () => {
        const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${path.port}\r\nauthorization: Bearer ${path.key}\r\ncontent-type: application/json\r\n${framing}\r\n\r\n`
        socket.write(head)
        const body = 'x'.repeat(4_000_000)
        socket.write(framing.startsWith('content') ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`, () =>
          socket.on('data', part => {
            text += String(part)
          }),
        )
      })
      socket.on('error', reject).on('close', () => resolve(text))
    })
    assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*GW_TOO_LARGE/)
  }
})
