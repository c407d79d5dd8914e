import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  chunk,
  cutBytes,
  endless,
  frame,
  gzipped,
  json,
  reset,
  stream,
  talk,
  textFrames,
  toolFrames,
  USAGE,
} from '../../fixtures/upstream.ts'
import { BLOCK, PLACEHOLDER, SECRET, say, startModelPath, streamedText, until } from './model-path.ts'

const STREAM = say('hi', { stream: true })

/** A stream with everything that is allowed to occur in one. */
const ODD_FRAMES = [
  ': OPENROUTER PROCESSING\n\n',
  frame(chunk({ role: 'assistant', content: '' })),
  `data:${JSON.stringify(chunk({ content: 'no space' }))}\r\n\r\n`,
  `event: message\nid: 7\ndata: ${JSON.stringify(chunk({ content: 'ünïcödé 😀' }))}\n\n`,
  `data: {"id":"x",\ndata: "choices":[{"index":0,"delta":{"content":"two lines"},"finish_reason":null}]}\n\n`,
  frame(chunk({ reasoning_content: 'thinking' })),
  frame(chunk({ refusal: 'no' })),
  frame(chunk({ content: 'second choice' }, null, 1)),
  frame({ id: 'x', choices: null }),
  frame({ id: 'x' }),
  'event: ping\ndata: {"type":"ping"}\n\n',
  frame(chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'ls', arguments: '' } }] })),
  frame(chunk({ tool_calls: [{ index: 0, function: { arguments: '{"path":' } }] })),
  frame(
    chunk({ tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'pwd', arguments: '{}' } }] }),
  ),
  frame(chunk({ tool_calls: [{ index: 0, function: { arguments: '"."}' } }] })),
  frame(chunk({}, 'stop', 1)),
  frame(chunk({}, 'tool_calls')),
  frame({ id: 'x', choices: [], usage: USAGE }),
  frame('[DONE]'),
]

test('any cutting of a clean stream gives the same bytes', async t => {
  const path = await startModelPath(t)
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(sizes, async cuts => {
      path.upstream.script(stream(cutBytes(ODD_FRAMES, cuts)))
      const answer = await path.call(STREAM)
      assert.equal(answer.text, ODD_FRAMES.join(''))
      assert.equal(path.records.at(-1)?.verdict, 'allow')
      assert.equal(path.records.at(-1)?.unscannedBytes, 0)
    }),
    { numRuns: 25 },
  )
})

test('a secret split at every byte of its text and of the connection leaks nothing', async t => {
  const path = await startModelPath(t)
  const text = `a${SECRET}b${SECRET}`
  for (let split = 1; split < text.length; split++) {
    const frames = textFrames([text.slice(0, split), text.slice(split)])
    path.upstream.script(stream(cutBytes(frames, [split, 200])))
    const answer = await path.call(STREAM)
    assert.equal(streamedText(answer.text), `a${PLACEHOLDER}b${PLACEHOLDER}`)
  }
})

test('what is redacted does not depend on cutting, and the token list goes with it', async t => {
  const path = await startModelPath(t)
  const spoken = (content: string) => ({
    ...chunk({ content }),
    choices: [
      { index: 0, delta: { content }, logprobs: { content: [{ token: content, logprob: 0 }] }, finish_reason: null },
    ],
  })
  const frames = [frame(spoken('x SECRETSEC')), frame(spoken('RETSECRET y')), frame(chunk({}, 'stop')), frame('[DONE]')]
  for (const cuts of [[1], [7, 50], [10_000]]) {
    path.upstream.script(stream(cutBytes(frames, cuts)))
    const answer = await path.call(STREAM)
    assert.equal(streamedText(answer.text), `x ${PLACEHOLDER} y`)
    assert.ok(!answer.text.includes('SECRETSEC') && !answer.text.includes('RETSECRET'))
  }
})

test('a secret in frames that carry other fields beside their data does not pass', async t => {
  const path = await startModelPath(t)
  const frames = ['x ', 'a', 'b', SECRET, ' y'].map(
    (content, at) => `id: event-${at}\ndata: ${JSON.stringify(chunk({ content }))}\n\n`,
  )
  path.upstream.script(stream([...frames, frame(chunk({}, 'stop')), frame('[DONE]')]))
  assert.equal(streamedText((await path.call(STREAM)).text), `x ab${PLACEHOLDER} y`)
})

test('secrets in reasoning, refusals, unknown members, names of members and other choices do not pass', async t => {
  const path = await startModelPath(t)
  const [first, second] = [SECRET.slice(0, 9), SECRET.slice(9)]
  const deltas: [Record<string, unknown>, Record<string, unknown>][] = [
    [{ reasoning_content: first }, { reasoning_content: second }],
    [{ reasoning: first }, { reasoning: second }],
    [{ refusal: first }, { refusal: second }],
    [{ content: [{ type: 'text', text: first }] }, { content: [{ type: 'text', text: second }] }],
    [{ audio: { transcript: first } }, { audio: { transcript: second } }],
  ]
  for (const [one, two] of deltas) {
    path.upstream.script(
      stream([frame(chunk(one, null, 1)), frame(chunk(two, null, 1)), frame(chunk({}, 'stop', 1)), frame('[DONE]')]),
    )
    const answer = await path.call(STREAM)
    assert.equal(answer.status, 200)
    assert.ok(answer.text.includes(PLACEHOLDER) && !answer.text.includes(second), JSON.stringify(one))
  }
  path.upstream.script(stream([frame(chunk({ [SECRET]: 1 })), frame('[DONE]')]))
  assert.ok(!(await path.call(STREAM)).text.includes(SECRET))
  path.upstream.script(stream([`: ${SECRET}\n\n`, ...textFrames(['x'])]))
  assert.ok(!(await path.call(STREAM)).text.includes(SECRET))
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('a member that occurs twice in a frame reaches the caller only in the form that was judged', async t => {
  const path = await startModelPath(t)
  path.upstream.script(
    stream([
      frame(chunk({ role: 'assistant' })),
      `data: {"choices":[{"index":0,"delta":{"content":"${BLOCK}","content":"fine"},"finish_reason":"stop"}]}\n\n`,
      frame('[DONE]'),
    ]),
  )
  const answer = await path.call(STREAM)
  assert.ok(!answer.text.includes(BLOCK))
  assert.equal(streamedText(answer.text), 'fine')
})

test('text that must not be shown ends the stream in a form callers understand, and the provider is aborted', async t => {
  const path = await startModelPath(t)
  path.upstream.script(
    stream([...textFrames(['ok so far, ', BLOCK, ' and more']).slice(0, 4)], { end: false, delayMs: 5 }),
  )
  const answer = await path.call(STREAM)
  assert.equal(streamedText(answer.text), 'ok so far, ')
  const lines = answer.text.trimEnd().split('\n\n')
  assert.equal(lines.at(-1), 'data: [DONE]')
  const last = JSON.parse(lines.at(-2)?.slice(6) ?? '') as { choices: { finish_reason: string }[] }
  assert.equal(last.choices[0]?.finish_reason, 'content_filter')
  await until(() => path.upstream.received[0]?.abortedAt !== null, 'provider aborted')
  const [record] = path.records
  assert.deepEqual([record?.verdict, record?.action, record?.error], ['block', 'cut', 'GW_BLOCKED'])
})

test('an answer that is blocked before anything was shown becomes a refusal', async t => {
  const path = await startModelPath(t)
  path.upstream.script(stream([textFrames([BLOCK]).join('')]))
  const answer = await path.call(STREAM)
  assert.equal(answer.status, 400)
  assert.equal(path.records[0]?.action, 'refused')
})

test('a tool call is shown only once it is complete and judged', async t => {
  const path = await startModelPath(t)
  const harmless = toolFrames('run', ['{"command":', '"ls"}'])
  path.upstream.script(stream(harmless))
  assert.equal((await path.call(STREAM)).text, harmless.join(''))

  path.upstream.script(stream(toolFrames('run', ['{"command":"', BLOCK.slice(0, 4), BLOCK.slice(4), '"}'])))
  const answer = await path.call(STREAM)
  assert.ok(!answer.text.includes('tool_calls'))
  assert.ok(!answer.text.includes('[DONE]'))
  assert.match(answer.text, /data: \{"error":\{.*"code":"content_blocked"/)
  assert.deepEqual([path.records[1]?.verdict, path.records[1]?.action], ['block', 'cut'])
})

test('a secret in tool arguments is cut out over all pieces', async t => {
  const path = await startModelPath(t)
  path.upstream.script(stream(toolFrames('run', ['{"key":"SECRET', 'SECRETSEC', 'RET"}'])))
  const answer = await path.call(STREAM)
  const pieces = [...answer.text.matchAll(/"arguments":"((?:[^"\\]|\\.)*)"/g)].map(
    match => JSON.parse(`"${match[1]}"`) as string,
  )
  assert.equal(pieces.join(''), `{"key":"${PLACEHOLDER}"}`)
})

test('a tool call that never became complete is never shown', async t => {
  const path = await startModelPath(t)
  path.upstream.script(reset(toolFrames('run', ['{"a":1}']).slice(0, 3)))
  const answer = await path.call(STREAM)
  assert.ok(!answer.text.includes('"run"'))
  assert.match(answer.text, /GW_UPSTREAM_BROKEN/)
})

test('the legacy function call is judged as a tool call', async t => {
  const path = await startModelPath(t)
  path.upstream.script(
    stream([
      frame(chunk({ role: 'assistant' })),
      frame(chunk({ function_call: { name: 'run', arguments: BLOCK } })),
      frame(chunk({}, 'function_call')),
      frame('[DONE]'),
    ]),
  )
  const answer = await path.call(STREAM)
  assert.ok(!answer.text.includes(BLOCK))
  assert.match(answer.text, /content_blocked/)
})

test('a stream that breaks off ends with an error frame, what was judged before it intact', async t => {
  const path = await startModelPath(t)
  const begun = textFrames(['so far']).slice(0, 2)
  const half = 'data: {"id":"x","choices":[{"index":0,"delta":{"content":"ha'
  const scripts = {
    reset: reset(begun),
    end: stream(begun),
    half: stream([...begun, half]),
    garbage: stream([...begun, 'data: <html>\n\n']),
  }
  for (const [name, script] of Object.entries(scripts)) {
    path.upstream.script(script)
    const answer = await path.call(STREAM)
    assert.ok(answer.text.startsWith(begun.join('')), name)
    assert.match(answer.text, /data: \{"error":\{[^\n]*"code":"GW_UPSTREAM_BROKEN"[^\n]*\}\}\n\n$/, name)
    assert.equal(path.records.at(-1)?.error, 'GW_UPSTREAM_BROKEN', name)
    assert.equal(path.records.at(-1)?.action, 'forwarded', name)
  }
})

test('an error that the provider tells in the stream passes', async t => {
  const path = await startModelPath(t)
  const frames = [
    ...textFrames(['so far']).slice(0, 2),
    frame({ error: { message: 'overloaded', type: 'server_error', code: 'x' } }),
  ]
  path.upstream.script(stream(frames))
  assert.equal((await path.call(STREAM)).text, frames.join(''))
  assert.equal(path.records[0]?.error, 'GW_UPSTREAM_BROKEN')
})

test('a silent provider is given up in the stream and before it', async t => {
  const path = await startModelPath(t)
  path.set.target = { timeouts: { firstByte: 80, idle: 80 } }
  path.upstream.script(stream(textFrames(['so far']).slice(0, 2), { end: false }))
  assert.match((await path.call(STREAM)).text, /GW_UPSTREAM_TIMEOUT/)
  path.upstream.script(() => {})
  assert.equal((await path.call(STREAM)).status, 504)
  assert.deepEqual(
    path.records.map(record => record.error),
    ['GW_UPSTREAM_TIMEOUT', 'GW_UPSTREAM_TIMEOUT'],
  )
})

test('an answer that never ends is ended by size and by time', async t => {
  const bySize = await startModelPath(t, { answerBytes: 50_000 })
  bySize.upstream.script(endless('more '))
  assert.match((await bySize.call(STREAM)).text, /GW_UPSTREAM_TOO_LARGE/)
  const byTime = await startModelPath(t, { callMs: 150 })
  byTime.upstream.script(endless('more '))
  assert.match((await byTime.call(STREAM)).text, /GW_UPSTREAM_TIMEOUT/)
  await until(
    () => bySize.upstream.received[0]?.abortedAt !== null && byTime.upstream.received[0]?.abortedAt !== null,
    'aborted',
  )
})

test('a frame without end and a stream of held text are bounded', async t => {
  const path = await startModelPath(t, { frameBytes: 2_000, heldBytes: 4_000 })
  path.upstream.script(stream(['data: ', ...Array.from({ length: 50 }, () => 'x'.repeat(100))], { end: false }))
  assert.equal((await path.call(STREAM)).status, 502)
  const piece = frame(chunk({ tool_calls: [{ index: 0, function: { arguments: 'x'.repeat(200) } }] }))
  path.upstream.script(
    stream(
      Array.from({ length: 40 }, () => piece),
      { end: false },
    ),
  )
  assert.equal((await path.call(STREAM)).status, 502)
  assert.deepEqual(
    path.records.map(record => record.error),
    ['GW_UPSTREAM_TOO_LARGE', 'GW_UPSTREAM_TOO_LARGE'],
  )
})

test('an error body instead of a stream passes as it is, garbage does not', async t => {
  const path = await startModelPath(t)
  path.upstream.script(
    json({ error: { message: 'bad model', type: 'invalid_request_error', param: null, code: null } }, 404),
  )
  assert.equal((await path.call(STREAM)).status, 404)
  for (const type of ['text/html', 'text/event-stream', 'application/json'])
    for (const status of [200, 500]) {
      path.upstream.script((_request, response) => {
        response.writeHead(status, { 'content-type': type })
        response.end(`<html>${SECRET}</html>`)
      })
      const answer = await path.call(STREAM)
      assert.equal(answer.status, 502, `${type} ${status}`)
      assert.ok(!answer.text.includes(SECRET))
    }
})

test('a compressed answer is decoded and judged', async t => {
  const path = await startModelPath(t)
  const frames = textFrames([`x ${SECRET}`])
  path.upstream.script(gzipped(frames.join(''), 'text/event-stream'))
  assert.equal(streamedText((await path.call(STREAM)).text), `x ${PLACEHOLDER}`)
  assert.equal(path.upstream.received[0]?.headers['accept-encoding'], 'identity')
  path.upstream.script((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'zstd-unknown' })
    response.end('x')
  })
  assert.equal((await path.call(STREAM)).status, 502)
})

test('connections to the provider are used again after a stream', async t => {
  const path = await startModelPath(t)
  path.upstream.script(talk('one two three'))
  const sockets = new Set<unknown>()
  path.upstream.script((request, response) => {
    sockets.add(response.socket)
    return talk('one two three')(request, response)
  })
  for (let turn = 0; turn < 5; turn++) await path.call(STREAM)
  assert.equal(sockets.size, 1)
})
