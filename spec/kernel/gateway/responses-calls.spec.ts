import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reset, stream } from '../../fixtures/upstream.ts'
import { eventFrame, responseEvents, responseFrames, type Said } from '../../fixtures/upstream-responses.ts'
import { BLOCK, PLACEHOLDER, SECRET, startModelPath } from './model-path.ts'
import { ask, type Event, eventsOf } from './responses-path.ts'

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
