import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutBytes, json, reset, stream } from '../../fixtures/upstream.ts'
import { eventFrame, responseEvents, responseFrames, type Said } from '../../fixtures/upstream-responses.ts'
import { BLOCK, SECRET, startModelPath, until } from './model-path.ts'
import { ask, CALL, type Event, eventsOf, pieces } from './responses-path.ts'

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
