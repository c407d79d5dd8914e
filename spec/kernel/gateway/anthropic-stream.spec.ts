import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  blockFrames,
  cutBytes,
  event,
  gzipped,
  json,
  messageEnd,
  messageFrames,
  messageStart,
  ping,
  reset,
  stream,
  textBlock,
  toolBlock,
} from '../../fixtures/upstream.ts'
import { envelopeOf, eventsOf, saidIn, startMessagesPath, tell } from './anthropic-path.ts'
import { BLOCK, PLACEHOLDER, SECRET, until } from './model-path.ts'

const STREAM = tell('hi', { stream: true })
const citation = { type: 'char_location', cited_text: 'the source', document_index: 0, document_title: 'Title' }

/** A stream with everything that is allowed to occur in one. */
const ODD_FRAMES = [
  messageStart,
  ping,
  ': a comment\n\n',
  ...blockFrames(0, { type: 'thinking', thinking: '', signature: '' }, [
    { type: 'thinking_delta', thinking: 'hm, ünïcödé 😀' },
    { type: 'signature_delta', signature: 'c2lnbmF0dXJl' },
  ]),
  ...blockFrames(1, { type: 'redacted_thinking', data: 'b3BhcXVl' }, []),
  ...blockFrames(2, { type: 'text', text: '', citations: [] }, [
    { type: 'text_delta', text: 'Hello, ' },
    { type: 'citations_delta', citation },
    { type: 'later_delta', later: ['some'], text: 'wörld' },
  ]),
  ping,
  ...toolBlock(3, 'ls', ['', '{"path":', '"."}']),
  ...blockFrames(4, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }, [
    { type: 'input_json_delta', partial_json: '{"query":"x"}' },
  ]),
  ...blockFrames(5, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [{ title: 'A page' }] }, []),
  ...toolBlock(6, 'pwd', []),
  `event: later_event\r\nid: 7\r\ndata: ${JSON.stringify({ type: 'later_event', delta: { text: 'unknown' } })}\r\n\r\n`,
  'data:{"type":"nameless",\ndata: "index":0}\n\n',
  'retry: 10\n\n',
  ...messageEnd('tool_use'),
]

test('any cutting of a clean stream gives the same bytes', async t => {
  const path = await startMessagesPath(t)
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(sizes, async cuts => {
      path.upstream.script(stream(cutBytes(ODD_FRAMES, cuts)))
      const answer = await path.ask(STREAM)
      assert.equal(answer.text, ODD_FRAMES.join(''))
      const record = path.records.at(-1)
      assert.deepEqual(
        [record?.verdict, record?.unscannedBytes, record?.tokens],
        ['allow', 0, { input: 11, output: 7 }],
      )
    }),
    { numRuns: 25 },
  )
})

test('a secret split at every byte of its text and of the connection leaks nothing', async t => {
  const path = await startMessagesPath(t)
  const text = `a${SECRET}b${SECRET}`
  for (let split = 1; split < text.length; split++) {
    const frames = messageFrames([text.slice(0, split), text.slice(split)])
    path.upstream.script(stream(cutBytes(frames, [split, 200])))
    const answer = await path.ask(STREAM)
    assert.equal(saidIn(answer.text), `a${PLACEHOLDER}b${PLACEHOLDER}`)
    assert.deepEqual(eventsOf(answer.text).at(-1), { type: 'message_stop' })
  }
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('secrets in thinking, signatures, citations, unknown members, other blocks and comments do not pass', async t => {
  const path = await startMessagesPath(t)
  const [first, second] = [SECRET.slice(0, 9), SECRET.slice(9)]
  const text = { type: 'text', text: '' }
  const cases: [object, object[]][] = [
    [{ type: 'thinking' }, [first, second].map(thinking => ({ type: 'thinking_delta', thinking }))],
    [{ type: 'thinking' }, [first, second].map(signature => ({ type: 'signature_delta', signature }))],
    [text, [first, second].map(later => ({ type: 'later_delta', later: [later] }))],
    [text, [{ type: 'citations_delta', citation: { ...citation, cited_text: SECRET } }]],
    [{ type: 'redacted_thinking', data: SECRET }, []],
    [{ type: 'text', text: first }, [{ type: 'text_delta', text: second }]],
    [{ type: 'web_search_tool_result', content: [{ title: SECRET }] }, []],
  ]
  for (const [block, deltas] of cases) {
    path.upstream.script(stream([messageStart, ...blockFrames(3, block, deltas), ...messageEnd()]))
    const answer = await path.ask(STREAM)
    const what = JSON.stringify([block, deltas])
    assert.equal(answer.status, 200, what)
    assert.ok(answer.text.includes(PLACEHOLDER) && !answer.text.includes(second), what)
    assert.deepEqual(eventsOf(answer.text).at(-1), { type: 'message_stop' })
  }
  for (const frame of [
    `: ${SECRET}\n\n`,
    event({ type: 'later', [SECRET]: 1 }),
    event({ type: 'later', text: SECRET }),
  ]) {
    path.upstream.script(stream([messageStart, frame, ...messageEnd()]))
    assert.ok(!(await path.ask(STREAM)).text.includes(SECRET), frame)
  }
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('a block that ended holds nothing back: what follows it leaves before the answer is complete', async t => {
  const path = await startMessagesPath(t)
  // The end of this text could be the beginning of a marker.
  const spoken = messageStart.replace('"content":[]', '"content":[{"type":"text","text":"SECRET"}]')
  const begun = [spoken, ...textBlock(1, ['so SECRETSEC']), ...toolBlock(2, 'ls', ['{}'])]
  path.upstream.script(stream(begun, { end: false }))
  const seen = await new Promise<string>((resolve, reject) => {
    const headers = { 'x-api-key': path.key, 'content-type': 'application/json' }
    const call = request(`${path.url}/v1/messages`, { method: 'POST', headers }, answer => {
      let text = ''
      answer.on('data', part => {
        text += String(part)
        if (text.length < begun.join('').length) return
        call.destroy()
        resolve(text)
      })
    })
    call.on('error', reject)
    call.end(JSON.stringify(STREAM))
  })
  assert.equal(seen, begun.join(''))
  await until(() => path.upstream.received[0]?.abortedAt !== null, 'provider aborted with its caller')
  await until(() => path.records.length === 1, 'record')
  assert.equal(path.records[0]?.status, 499)
  await until(() => path.pins() === 0, 'pin released')
})

test('text that must not be shown ends the message in a form callers understand, and the provider is aborted', async t => {
  const path = await startMessagesPath(t)
  const frames = [
    messageStart,
    ...textBlock(0, ['first']),
    ...textBlock(1, ['ok so far, ', BLOCK, ' and more']).slice(0, 4),
  ]
  path.upstream.script(stream(frames, { end: false, delayMs: 5 }))
  const answer = await path.ask(STREAM)
  assert.equal(saidIn(answer.text), 'firstok so far, ')
  assert.deepEqual(eventsOf(answer.text).slice(-3), [
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'refusal', stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ])
  await until(() => path.upstream.received[0]?.abortedAt !== null, 'provider aborted')
  const [record] = path.records
  assert.deepEqual([record?.verdict, record?.action, record?.error], ['block', 'cut', 'GW_BLOCKED'])
})

test('only what the caller has seen begin is ended by a cut', async t => {
  const path = await startMessagesPath(t)
  // Held until the end of the first text is known; the rest is found before any of it leaves.
  const held = [messageStart, ...textBlock(0, ['x SECRETSEC']).slice(0, 2), ...textBlock(1, [BLOCK])]
  path.upstream.script(stream([messageStart, held.slice(1).join('')], { delayMs: 20 }))
  const answer = await path.ask(STREAM)
  const events = eventsOf(answer.text)
  assert.deepEqual(
    events.map(({ type, index }) => [type, index]),
    [
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_stop', 0],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ],
  )
})

test('an answer that is blocked before anything was shown becomes a refusal', async t => {
  const path = await startMessagesPath(t)
  path.upstream.script(stream([messageFrames([BLOCK]).join('')]))
  const answer = await path.ask(STREAM)
  assert.equal(answer.status, 400)
  assert.equal(envelopeOf(answer).error['code'], 'content_blocked')
  assert.equal(path.records[0]?.action, 'refused')
})

test('a tool call is shown only once it is complete and judged, what follows waits behind it', async t => {
  const path = await startMessagesPath(t)
  const call = toolBlock(1, 'run', ['{"command":"', BLOCK.slice(0, 4), BLOCK.slice(4), '"}'])
  path.upstream.script(
    stream([messageStart, ...textBlock(0, ['I run it.']), ...call, ...messageEnd('tool_use')], { delayMs: 2 }),
  )
  const answer = await path.ask(STREAM)
  const events = eventsOf(answer.text)
  assert.equal(saidIn(answer.text), 'I run it.')
  assert.ok(!answer.text.includes('tool_use') && !answer.text.includes('message_stop'))
  assert.ok(
    answer.text.includes('event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":'),
  )
  assert.equal(events.at(-1)?.error?.['code'], 'content_blocked')
  assert.deepEqual([path.records[0]?.verdict, path.records[0]?.action], ['block', 'cut'])

  // Nothing of a call is shown, not even that there is one.
  const bare = blockFrames(0, { type: 'tool_use' }, [{ type: 'input_json_delta', partial_json: BLOCK }])
  path.upstream.script(stream([messageStart, ...bare, ...messageEnd('tool_use')], { delayMs: 2 }))
  assert.ok(!(await path.ask(STREAM)).text.includes('content_block_start'))

  const begun = [messageStart, ...toolBlock(0, 'run', ['{"a":1}']).slice(0, 2), ping]
  path.upstream.script(reset(begun))
  const broken = await path.ask(STREAM)
  assert.ok(!broken.text.includes('"run"'))
  assert.match(broken.text, /event: error\n.*GW_UPSTREAM_BROKEN/)
})

test('tools are recognised by what they carry: arguments at once, other kinds, pieces after the end', async t => {
  const path = await startMessagesPath(t)
  const whole = { type: 'later_tool', id: 'x', name: 'run', input: { command: BLOCK } }
  const ended = toolBlock(0, 'run', ['{}'])
  const late = event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: 'x' } })
  const cases: [string[], RegExp][] = [
    [blockFrames(0, whole, []), /content_blocked/],
    [blockFrames(0, { type: 'mcp_tool_use', name: BLOCK }, []), /content_blocked/],
    [[...ended, late], /GW_UPSTREAM_BROKEN/],
    // A tool call that came with the message itself.
    [[messageStart.replace('"content":[]', `"content":[${JSON.stringify(whole)}]`)], /content_blocked/],
    // An event that says two things.
    [
      [
        `event: ping\ndata: {"type":"content_block_delta"}\n\n`,
        late.replace('event: content_block_delta', 'event: message_stop'),
      ],
      /GW_UPSTREAM_BROKEN/,
    ],
  ]
  for (const [frames, expected] of cases) {
    path.upstream.script(stream([messageStart, ...frames, ...messageEnd()], { delayMs: 2 }))
    const answer = await path.ask(STREAM)
    assert.match(answer.text, expected)
    assert.ok(!answer.text.includes(BLOCK))
  }
})

test('a secret in tool arguments is cut out over all pieces', async t => {
  const path = await startMessagesPath(t)
  path.upstream.script(
    stream([messageStart, ...toolBlock(0, 'run', ['{"key":"SECRET', 'SECRETSEC', 'RET"}']), ...messageEnd('tool_use')]),
  )
  assert.equal(saidIn((await path.ask(STREAM)).text, 'partial_json'), `{"key":"${PLACEHOLDER}"}`)
})

test('a member that occurs twice in a frame reaches the caller only in the form that was judged', async t => {
  const path = await startMessagesPath(t)
  const twice = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${BLOCK}","text":"fine"}}\n\n`
  const [open = '', close = ''] = blockFrames(0, { type: 'text', text: '' }, [])
  path.upstream.script(stream([messageStart, open, twice, close, ...messageEnd()]))
  const answer = await path.ask(STREAM)
  assert.ok(!answer.text.includes(BLOCK))
  assert.equal(saidIn(answer.text), 'fine')
})

test('a stream that breaks off ends with an error event, what was judged before it intact', async t => {
  const path = await startMessagesPath(t)
  const begun = messageFrames(['so far']).slice(0, 4)
  const half = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_del'
  const scripts = {
    reset: reset(begun),
    end: stream(begun),
    half: stream([...begun, half]),
    garbage: stream([...begun, 'data: <html>\n\n']),
    list: stream([...begun, 'data: []\n\n']),
    'without its last event': stream(messageFrames(['so far']).slice(0, -1)),
  }
  for (const [name, script] of Object.entries(scripts)) {
    path.upstream.script(script)
    const answer = await path.ask(STREAM)
    assert.ok(answer.text.startsWith(begun.join('')), name)
    assert.match(
      answer.text,
      /event: error\ndata: \{"type":"error",[^\n]*"code":"GW_UPSTREAM_BROKEN"[^\n]*\}\n\n$/,
      name,
    )
    assert.deepEqual(
      [path.records.at(-1)?.error, path.records.at(-1)?.action],
      ['GW_UPSTREAM_BROKEN', 'forwarded'],
      name,
    )
  }
})

test('an error that the provider tells in the stream passes', async t => {
  const path = await startMessagesPath(t)
  const told = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
  const frames = [...messageFrames(['so far']).slice(0, 4), told]
  path.upstream.script(stream(frames))
  assert.equal((await path.ask(STREAM)).text, frames.join(''))
  assert.equal(path.records[0]?.error, 'GW_UPSTREAM_BROKEN')
})

test('an error body instead of a stream passes as it is, a compressed stream is read', async t => {
  const path = await startMessagesPath(t)
  const body = { type: 'error', error: { type: 'rate_limit_error', message: 'slow' } }
  path.upstream.script(json(body, 429))
  const answer = await path.ask(STREAM)
  assert.deepEqual([answer.status, answer.json()], [429, body])
  path.upstream.script(gzipped(messageFrames([`x ${SECRET}`]).join(''), 'text/event-stream'))
  assert.equal(saidIn((await path.ask(STREAM)).text), `x ${PLACEHOLDER}`)
})

test('a silent provider is given up, held frames are bounded', async t => {
  const path = await startMessagesPath(t, { heldBytes: 4_000 })
  path.set.target = { ...path.set.target, timeouts: { firstByte: 80, idle: 80 } }
  path.upstream.script(stream(messageFrames(['so far']).slice(0, 3), { end: false }))
  assert.match((await path.ask(STREAM)).text, /event: error\n.*"timeout_error".*GW_UPSTREAM_TIMEOUT/)
  const endless = toolBlock(
    0,
    'run',
    Array.from({ length: 60 }, () => 'x'.repeat(100)),
  ).slice(0, -1)
  path.upstream.script(stream(endless, { end: false }))
  assert.equal((await path.ask(STREAM)).status, 502)
  assert.equal(path.records[1]?.error, 'GW_UPSTREAM_TOO_LARGE')
})
