import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutBytes, stream } from '../../fixtures/upstream.ts'
import { eventFrame, responseEvents, responseFrames, type Said } from '../../fixtures/upstream-responses.ts'
import { PLACEHOLDER, SECRET, startModelPath } from './model-path.ts'
import { ask, type Event } from './responses-path.ts'

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

test('providers that leave out the ends of texts are understood all the same', async t => {
  const path = await startModelPath(t)
  const halves = [`print("${SECRET.slice(0, 7)}`, `${SECRET.slice(7)}")`]
  const item = { id: 'ci_1', type: 'code_interpreter_call', status: 'completed', code: halves.join('') }
  const deltas = halves.map(delta => ({
    type: 'response.code_interpreter_call_code.delta',
    output_index: 0,
    item_id: 'ci_1',
    delta,
  }))
  const [created, ...others] = responseEvents([]) as [Event, ...Event[]]
  const completed = others.at(-1) as Event
  const whole = { ...completed, response: { ...(completed['response'] as Event), output: [item] } }
  const itemDone = { type: 'response.output_item.done', output_index: 0, item }
  for (const ending of [[itemDone, completed], [whole]]) {
    path.upstream.script(stream([created, ...deltas, ...ending].map(eventFrame)))
    const answer = await ask(path)
    assert.ok(answer.text.includes(`print(\\"${PLACEHOLDER}\\")`))
    assert.ok(!answer.text.includes(SECRET.slice(7)))
    assert.equal(path.records.at(-1)?.findings.length, 1)
  }
  const ends = /^response\.(?:output_text|refusal|content_part|reasoning_summary_text|reasoning_summary_part)\.done$/
  for (const said of [{ text: halves }, { refusal: halves }, { summary: halves }]) {
    const events = responseEvents([said]).filter(({ type }) => !ends.test(String(type)))
    path.upstream.script(stream(events.map(eventFrame)))
    const answer = await ask(path)
    assert.ok(answer.status === 200 && !answer.text.includes(SECRET.slice(7)))
    assert.equal(path.records.at(-1)?.findings.length, 1)
  }
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
