import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutBytes, json, reset, stream } from '../../fixtures/upstream.ts'
import { eventFrame, responseEvents, responseFrames, type Said } from '../../fixtures/upstream-responses.ts'
import { type Answer, BLOCK, type ModelPath, PLACEHOLDER, SECRET, startModelPath, until } from './model-path.ts'

type Event = Record<string, unknown>

const PATH = { path: '/v1/responses' }
const CALL = { model: 'bar/model-1', input: 'hi', stream: true }

function ask(path: ModelPath): Promise<Answer> {
  return path.call(CALL, PATH)
}

function eventsOf(answer: Answer): Event[] {
  return answer.text
    .split('\n')
    .filter(line => line.startsWith('data: {'))
    .map(line => JSON.parse(line.slice(6)) as Event)
}

/** The text that a caller puts together from the pieces of one kind. */
function pieces(answer: Answer, type = 'response.output_text.delta'): string {
  return eventsOf(answer)
    .filter(event => event['type'] === type)
    .map(event => String(event['delta']))
    .join('')
}

const EVERYTHING: readonly Said[] = [
  { summary: ['thinking ', 'about it'] },
  { text: ['Hel', 'lo ', 'wörld 😀'], logprobs: true },
  { refusal: ['I can', 'not'] },
  { call: 'ls', pieces: ['{"path":', '"."}'] },
  { custom: 'shell', pieces: ['ls ', '-l'] },
  { text: ['bye'] },
]

/** A stream with everything that is allowed to occur in one, known to the model path or not. */
const ODD_FRAMES = [
  ': OPENROUTER PROCESSING\n\n',
  ...responseFrames(EVERYTHING).slice(0, -1),
  'data:{"type":"response.heartbeat","sequence_number":90}\r\n\r\n',
  'event: response.web_search_call.searching\ndata: {"type":"response.web_search_call.searching",\ndata: "output_index":6,"item_id":"ws_1"}\n\n',
  eventFrame({ type: 'response.code_interpreter_call_code.delta', output_index: 7, item_id: 'ci_1', delta: 'print(' }),
  eventFrame({ type: 'response.code_interpreter_call_code.delta', output_index: 7, item_id: 'ci_1', delta: '1)' }),
  eventFrame({ type: 'response.code_interpreter_call_code.done', output_index: 7, item_id: 'ci_1', code: 'print(1)' }),
  eventFrame({ type: 'response.novel_thing.delta', output_index: 8, delta: { stdout: 'out', stderr: '' } }),
  eventFrame({ type: 'response.novel_thing.happened', detail: { deep: ['text', null, 1] } }),
  eventFrame({
    type: 'response.output_text.annotation.added',
    output_index: 1,
    annotation: { type: 'url_citation', url: 'https://x.example/', title: 'T', start_index: 0, end_index: 1 },
  }),
  ...responseFrames(EVERYTHING).slice(-1),
  'data: [DONE]\n\n',
]

test('any cutting of a clean stream of events gives the same bytes', async t => {
  const path = await startModelPath(t)
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(sizes, async cuts => {
      path.upstream.script(stream(cutBytes(ODD_FRAMES, cuts)))
      const answer = await ask(path)
      assert.equal(answer.text, ODD_FRAMES.join(''))
      const record = path.records.at(-1)
      assert.deepEqual([record?.verdict, record?.action, record?.error], ['allow', 'forwarded', null])
      assert.deepEqual([record?.tokens, record?.unscannedBytes], [{ input: 11, output: 7 }, 0])
    }),
    { numRuns: 25 },
  )
})

test('each text leaves as it comes, not with the end of the answer', async t => {
  const path = await startModelPath(t)
  const frames = responseFrames(EVERYTHING)
  for (let count = 1; count < frames.length; count++) {
    path.upstream.script(reset(frames.slice(0, count)))
    const shown = eventsOf(await ask(path)).filter(event => !isEnding(event)).length
    // A call waits for its arguments, everything else is out at once.
    const waiting = responseEvents(EVERYTHING)
      .slice(0, count)
      .reverse()
      .findIndex(event => !isCallEvent(event))
    assert.equal(shown, count - waiting, `after ${count}`)
  }
})

function isEnding({ type }: Event): boolean {
  return type === 'error' || type === 'response.failed'
}

/** True for events of a call that come before its arguments are done. */
function isCallEvent({ type, item }: Event): boolean {
  const added = type === 'response.output_item.added' && /_call$/.test(String((item as Event)['type']))
  return added || /^response\.(?:function_call_arguments|custom_tool_call_input)\.delta$/.test(String(type))
}

test('a secret cut at every byte leaves no trace in any of the places that repeat the text', async t => {
  const path = await startModelPath(t)
  const text = `a${SECRET}b`
  const kinds: ((pieces: string[]) => Said)[] = [
    pieces => ({ text: pieces }),
    pieces => ({ text: pieces, logprobs: true }),
    pieces => ({ refusal: pieces }),
    pieces => ({ summary: pieces }),
    pieces => ({ call: 'ls', pieces }),
    pieces => ({ custom: 'shell', pieces }),
  ]
  for (const kind of kinds)
    for (let split = 1; split < text.length; split++) {
      path.upstream.script(
        stream(cutBytes(responseFrames([kind([text.slice(0, split), text.slice(split)])]), [split, 300])),
      )
      const answer = await ask(path)
      assert.equal(answer.status, 200)
      const left = answer.text.replaceAll(PLACEHOLDER, '')
      assert.ok(!/SECR|RETS|ECRET/.test(left), `${JSON.stringify(kind([]))} at ${split}`)
      // Said four times: in pieces, done, with the item, with the response; five times where the part repeats it as well.
      const times = answer.text.split(`a${PLACEHOLDER}b`).length - 1
      assert.ok(times >= 3, `${JSON.stringify(kind([]))} at ${split}: ${times}`)
    }
  assert.ok(path.records.every(record => record.verdict === 'redact' && record.action === 'redacted'))
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
  // Repeats are no findings of their own.
  assert.ok(path.records.every(record => record.findings.length <= 2))
})

test('a repeat that says something else is judged as what it says', async t => {
  const path = await startModelPath(t)
  const spoken = responseEvents([{ text: ['all ', 'fine'] }])
  for (let at = 0; at < spoken.length; at++) {
    if (!JSON.stringify(spoken[at]).includes('all fine')) continue
    const events = spoken.map((event, index) =>
      index === at ? (JSON.parse(JSON.stringify(event).replace('all fine', `now ${SECRET}`)) as Event) : event,
    )
    path.upstream.script(stream(events.map(eventFrame)))
    const answer = await ask(path)
    assert.ok(!answer.text.includes(SECRET), String(spoken[at]?.['type']))
    assert.ok(answer.text.includes(`now ${PLACEHOLDER}`), String(spoken[at]?.['type']))
  }
})

test('calls that differ from what was streamed are judged again, with their name', async t => {
  const path = await startModelPath(t)
  const spoken = responseEvents([{ call: 'ls', pieces: ['{"a":', '1}'] }])
  const places = spoken.filter(event => JSON.stringify(event).includes('{\\"a\\":1}')).length
  assert.equal(places, 3)
  for (const [from, to] of [
    ['{\\"a\\":1}', BLOCK],
    ['"name":"ls"', `"name":"${BLOCK}"`],
  ] as const)
    for (let at = 0; at < spoken.length; at++) {
      if (!JSON.stringify(spoken[at]).includes(from)) continue
      const events = spoken.map((event, index) =>
        index === at ? (JSON.parse(JSON.stringify(event).replace(from, to)) as Event) : event,
      )
      path.upstream.script(stream(events.map(eventFrame)))
      const answer = await ask(path)
      assert.ok(!answer.text.includes(BLOCK), `${at}`)
      assert.match(answer.text, /"code":"content_blocked"/)
      assert.equal(path.records.at(-1)?.action, 'cut')
    }
})

test('secrets in unknown events, members, names, comments, queries and opaque parts do not pass', async t => {
  const path = await startModelPath(t)
  const [created, ...rest] = responseFrames([{ text: ['x'] }])
  const half = [SECRET.slice(0, 9), SECRET.slice(9)]
  const oddities: string[][] = [
    [`: ${SECRET}\n\n`],
    [eventFrame({ type: 'response.new', deep: [{ text: SECRET }] })],
    [eventFrame({ type: 'response.new', [SECRET]: 1 })],
    half.map(delta => eventFrame({ type: 'response.new_text.delta', output_index: 4, delta })),
    half.map(text => eventFrame({ type: 'response.new_text.delta', output_index: 4, delta: { text } })),
    [
      eventFrame({
        type: 'response.output_text.annotation.added',
        annotation: { url: `https://x.example/?k=${SECRET}` },
      }),
    ],
    ['added', 'done'].map(step =>
      eventFrame({
        type: `response.output_item.${step}`,
        output_index: 9,
        item: { id: 'ws_1', type: 'web_search_call', action: { type: 'search', query: SECRET } },
      }),
    ),
    ['added', 'done'].map(step =>
      eventFrame({
        type: `response.output_item.${step}`,
        output_index: 9,
        item: { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'x'.repeat(200) + SECRET },
      }),
    ),
    [`data: {"type":"response.new","text":"${SECRET}","text":"fine"}\n\n`],
  ]
  for (const odd of oddities) {
    path.upstream.script(stream([created as string, ...odd, ...rest]))
    const answer = await ask(path)
    assert.ok(!answer.text.includes(SECRET) && !answer.text.includes(half[1] as string), odd[0])
  }
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('no list or member of the token lists passes unread', async t => {
  const path = await startModelPath(t)
  const frames = (entry: Record<string, unknown>): string[] => {
    const events = responseEvents([{ text: ['x'], logprobs: true }])
    return events.map(event =>
      eventFrame(
        JSON.parse(JSON.stringify(event).replaceAll('"logprob":-0.1', JSON.stringify(entry).slice(1, -1))) as Event,
      ),
    )
  }
  for (const entry of [
    { top_logprobs_extra: [{ token: SECRET }] },
    { alternatives: SECRET },
    { note: { bytes: [...Buffer.from(SECRET)], token: 'a' } },
  ]) {
    assert.ok(frames(entry).join('').length > frames({ logprob: 1 }).join('').length)
    path.upstream.script(stream(frames(entry)))
    const answer = await ask(path)
    assert.ok(
      answer.status === 200 && !answer.text.includes(SECRET) && !answer.text.includes(String([...Buffer.from(SECRET)])),
    )
    assert.equal(path.records.at(-1)?.verdict, 'redact')
  }
})

test('arguments of any form are judged, and pieces at any place of a list are pieces of one text', async t => {
  const path = await startModelPath(t)
  const [created, , added, , done, itemDone] = responseEvents([{ call: 'run', pieces: ['{}'] }]) as Event[]
  const item = itemDone?.['item'] as Event
  const forms: Event[][] = [
    [added as Event, { ...done, arguments: { command: BLOCK } }],
    [added as Event, { ...itemDone, item: { ...item, arguments: { command: [BLOCK] } } }],
    [{ ...itemDone, item: { ...item, arguments: { [BLOCK]: 1 } } }],
    // Members that somebody could take for the arguments, and calls known by nothing but what they carry.
    [{ ...itemDone, item: { ...item, type: 'custom_tool_call', input: BLOCK } }],
    [{ ...itemDone, item: { ...item, action: { command: [BLOCK] } } }],
    [{ ...itemDone, item: { ...item, type: 'later_tool', arguments: BLOCK } }],
    [
      added as Event,
      { ...done, type: 'response.function_call_arguments.delta', delta: { command: BLOCK } },
      done as Event,
    ],
  ]
  for (const events of forms) {
    path.upstream.script(stream([created as Event, ...events].map(eventFrame), { delayMs: 1 }))
    const answer = await ask(path)
    assert.ok(!answer.text.includes(BLOCK) && !answer.text.includes('"run"'), JSON.stringify(events))
    assert.match(answer.text, /event: response.failed/)
  }
  const half = [SECRET.slice(0, 9), SECRET.slice(9)]
  const deltas = [[{ stdout: half[0] }], [{ code: 1 }, { stdout: half[1] }]].map(delta => ({
    type: 'response.shell_call_output_content.delta',
    output_index: 3,
    delta,
  }))
  path.upstream.script(stream([created as Event, ...deltas, ...responseEvents([]).slice(-1)].map(eventFrame)))
  const answer = await ask(path)
  assert.ok(
    answer.text.includes(PLACEHOLDER) &&
      !answer.text.includes(half[0] as string) &&
      !answer.text.includes(half[1] as string),
  )
})

test('an event whose name is not its type ends the answer', async t => {
  const path = await startModelPath(t)
  const [created, ...rest] = responseFrames([{ text: ['x'] }])
  for (const odd of [
    'event: response.function_call_arguments.done\ndata: {"type":"response.heartbeat","arguments":"{}"}\n\n',
    'id: 4\nevent: response.output_item.done\ndata: {"type":"response.heartbeat"}\n\n',
  ]) {
    path.upstream.script(stream([created as string, odd, ...rest], { delayMs: 1 }))
    assert.match((await ask(path)).text, /response\.failed[\s\S]*GW_UPSTREAM_BROKEN/)
  }
})

test('text that must not be shown ends the response as incomplete, all that was begun closed', async t => {
  const path = await startModelPath(t)
  const frames = responseFrames([{ summary: ['hm'] }, { text: ['ok so far, ', `${BLOCK} and`, ' more'] }])
  path.upstream.script(stream(frames.slice(0, -4), { end: false, delayMs: 2 }))
  const answer = await ask(path)
  assert.equal(answer.status, 200)
  assert.ok(!answer.text.includes(BLOCK))
  const events = eventsOf(answer)
  assert.deepEqual(
    events.slice(-4).map(event => event['type']),
    ['response.output_text.done', 'response.content_part.done', 'response.output_item.done', 'response.incomplete'],
  )
  assert.deepEqual(
    events.map(event => event['sequence_number']),
    events.map((_, at) => at),
  )
  const last = events.at(-1)?.['response'] as Event
  assert.deepEqual([last['id'], last['status']], ['resp_fixture', 'incomplete'])
  assert.deepEqual(last['incomplete_details'], { reason: 'content_filter' })
  const [thought, message] = last['output'] as [Event, Event]
  assert.deepEqual([thought['type'], message['status']], ['reasoning', 'incomplete'])
  assert.equal((message['content'] as Event[])[0]?.['text'], 'ok so far, ')
  await until(() => path.upstream.received[0]?.abortedAt !== null, 'provider aborted')
  const [record] = path.records
  assert.deepEqual([record?.verdict, record?.action, record?.error], ['block', 'cut', 'GW_BLOCKED'])
})

test('an answer that is blocked before anything was shown becomes a refusal', async t => {
  const path = await startModelPath(t)
  path.upstream.script(stream([responseFrames([{ text: [BLOCK] }]).join('')]))
  const answer = await ask(path)
  assert.equal(answer.status, 400)
  assert.equal((answer.json()['error'] as Event)['code'], 'content_blocked')
  assert.equal(path.records[0]?.action, 'refused')
})

test('a call is shown only once it is complete and judged, and a dangerous one ends the response as failed', async t => {
  const path = await startModelPath(t)
  const before: Said = { text: ['Let me see.'] }
  const bad: Said[] = [
    { call: 'run', pieces: ['{"command":"', BLOCK.slice(0, 4), BLOCK.slice(4), '"}'] },
    { custom: 'shell', pieces: [BLOCK.slice(0, 4), BLOCK.slice(4)] },
    { call: BLOCK, pieces: ['{}'] },
  ]
  for (const said of bad) {
    path.upstream.script(stream(responseFrames([before, said, { text: ['after'] }])))
    const answer = await ask(path)
    const events = eventsOf(answer)
    assert.ok(!/function_call|custom_tool_call|after|response.completed/.test(answer.text))
    assert.deepEqual(
      events.slice(-2).map(event => event['type']),
      ['response.failed', 'error'],
    )
    assert.deepEqual(
      events.map(event => event['sequence_number']),
      events.map((_, at) => at),
    )
    const failed = events.at(-2)?.['response'] as Event
    assert.equal(failed['status'], 'failed')
    assert.equal((failed['error'] as Event)['code'], 'content_blocked')
    assert.match(String(events.at(-1)?.['message']), /A marker that blocks.*Call call-\d/)
    assert.deepEqual([path.records.at(-1)?.verdict, path.records.at(-1)?.action], ['block', 'cut'])
  }
})

test('calls that carry an action instead of arguments are held and judged as well', async t => {
  const path = await startModelPath(t)
  const item = (command: string, status: string) => ({
    id: 'sh_1',
    type: 'local_shell_call',
    call_id: 'call_1',
    status,
    action: { type: 'exec', command: command === '' ? [] : ['bash', '-c', command], env: {} },
  })
  const frames = (command: string): string[] => {
    const [created, started] = responseFrames([])
    const done = { type: 'response.output_item.done', output_index: 0, item: item(command, 'completed') }
    const completed = { ...(responseEvents([]).at(-1) as Event) }
    completed['response'] = { ...(completed['response'] as Event), output: [item(command, 'completed')] }
    return [
      created as string,
      started as string,
      eventFrame({ type: 'response.output_item.added', output_index: 0, item: item('', 'in_progress') }),
      eventFrame(done),
      eventFrame(completed),
    ]
  }
  path.upstream.script(stream(frames('ls')))
  assert.equal((await ask(path)).text, frames('ls').join(''))
  path.upstream.script(reset(frames('ls').slice(0, 3)))
  assert.ok(!(await ask(path)).text.includes('local_shell_call'))
  path.upstream.script(stream(frames(BLOCK)))
  const blocked = await ask(path)
  assert.ok(!blocked.text.includes('local_shell_call') && blocked.text.includes('response.failed'))
})

test('a call that never became complete is never shown', async t => {
  const path = await startModelPath(t)
  path.upstream.script(reset(responseFrames([{ call: 'run', pieces: ['{"a":', '1}'] }]).slice(0, 5)))
  const answer = await ask(path)
  assert.ok(!answer.text.includes('"run"'))
  assert.match(answer.text, /GW_UPSTREAM_BROKEN/)
})

test('calls beside each other are judged one by one, in whatever order their pieces come', async t => {
  const path = await startModelPath(t)
  const events = responseEvents([
    { call: 'a', pieces: ['{"x":', '1}'] },
    { call: 'b', pieces: ['{"y":', '2}'] },
  ])
  const order = [0, 1, 2, 7, 3, 8, 4, 9, 5, 10, 6, 11, 12]
  const frames = order.map(at => eventFrame(events[at] as Event))
  path.upstream.script(stream(frames))
  assert.equal((await ask(path)).text, frames.join(''))
  assert.deepEqual(
    path.records[0]?.texts?.filter(text => text.direction === 'outbound').map(({ tool, text }) => [tool, text]),
    [
      ['a', '{"x":1}'],
      ['b', '{"y":2}'],
    ],
  )
})

test('a stream that breaks off ends as failed, what was judged before it intact', async t => {
  const path = await startModelPath(t)
  const begun = responseFrames([{ text: ['so far', ' so good'] }]).slice(0, 5)
  const half = 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"ha'
  const scripts = {
    reset: reset(begun),
    end: stream(begun),
    half: stream([...begun, half]),
    garbage: stream([...begun, 'data: <html>\n\n']),
  }
  for (const [name, script] of Object.entries(scripts)) {
    path.upstream.script(script)
    const answer = await ask(path)
    assert.ok(answer.text.startsWith(begun.join('')), name)
    const events = eventsOf(answer)
    assert.deepEqual(
      events.slice(-2).map(event => event['type']),
      ['response.failed', 'error'],
      name,
    )
    assert.equal(events.at(-1)?.['code'], 'GW_UPSTREAM_BROKEN', name)
    assert.equal(events.at(-1)?.['sequence_number'], 6, name)
    assert.equal(path.records.at(-1)?.error, 'GW_UPSTREAM_BROKEN', name)
  }
})

test('failures and errors that the provider tells in the stream pass', async t => {
  const path = await startModelPath(t)
  const begun = responseFrames([{ text: ['so far'] }]).slice(0, 5)
  const failed = {
    id: 'resp_fixture',
    status: 'failed',
    error: { code: 'server_error', message: 'overloaded' },
    output: [],
  }
  for (const last of [
    { type: 'response.failed', sequence_number: 5, response: failed },
    { type: 'error', sequence_number: 5, code: 'rate_limit_exceeded', message: 'slow down', param: null },
  ]) {
    path.upstream.script(stream([...begun, eventFrame(last)]))
    assert.equal((await ask(path)).text, [...begun, eventFrame(last)].join(''))
    assert.equal(path.records.at(-1)?.error, 'GW_UPSTREAM_BROKEN')
  }
  const incomplete = {
    ...failed,
    status: 'incomplete',
    error: null,
    incomplete_details: { reason: 'max_output_tokens' },
  }
  const last = eventFrame({ type: 'response.incomplete', sequence_number: 5, response: incomplete })
  path.upstream.script(stream([...begun, last]))
  assert.equal((await ask(path)).text, [...begun, last].join(''))
  assert.equal(path.records.at(-1)?.error, null)
})

test('an error body instead of a stream passes as it is, garbage does not', async t => {
  const path = await startModelPath(t)
  const body = { error: { message: 'bad model', type: 'invalid_request_error', param: null, code: null } }
  path.upstream.script(json(body, 404))
  const answer = await ask(path)
  assert.deepEqual([answer.status, answer.json()], [404, body])
  path.upstream.script((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`<html>${SECRET}</html>`)
  })
  const garbage = await ask(path)
  assert.equal(garbage.status, 502)
  assert.ok(!garbage.text.includes(SECRET))
})

test('a caller that goes away ends the call at the provider, and it is on record', async t => {
  const path = await startModelPath(t)
  path.upstream.script(stream(responseFrames([{ text: ['so far'] }]).slice(0, 5), { end: false }))
  const gone = new AbortController()
  const answer = await fetch(`${path.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${path.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(CALL),
    signal: gone.signal,
  })
  await answer.body?.getReader().read()
  gone.abort()
  await until(() => path.upstream.received[0]?.abortedAt !== null, 'provider aborted')
  await until(() => path.records.length === 1, 'record')
  assert.deepEqual([path.records[0]?.status, path.records[0]?.path], [499, '/v1/responses'])
  assert.equal(path.pins(), 0)
})

test('what the texts say is on record once', async t => {
  const path = await startModelPath(t)
  path.upstream.script(stream(responseFrames([{ summary: ['thought'] }, { text: ['an ', 'answer'] }])))
  assert.equal(pieces(await ask(path)), 'an answer')
  assert.deepEqual(
    path.records[0]?.texts?.map(({ origin, direction, text }) => [origin, direction, text]),
    [
      ['user', 'inbound', 'hi'],
      ['model', 'outbound', 'thought'],
      ['model', 'outbound', 'an answer'],
    ],
  )
})
