import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCatalogued, type Unit } from '../../../kernel/contract/index.ts'
import { readCall } from '../../../kernel/gateway/anthropic/call.ts'
import { envelopeOf, startMessagesPath, tell } from './anthropic-path.ts'
import { BLOCK, markerJudge, PLACEHOLDER, SECRET } from './model-path.ts'

const DEPTH = 64
const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(6_000, 7)]).toString('base64')

function read(body: unknown) {
  return readCall(Buffer.from(JSON.stringify(body)), DEPTH)
}

function find(units: readonly Unit[], path: string): Pick<Unit, 'origin' | 'text' | 'tool'> | undefined {
  const unit = units.find(candidate => candidate.path === path)
  return unit && { origin: unit.origin, text: unit.text, ...(unit.tool === undefined ? {} : { tool: unit.tool }) }
}

test('every text of a call becomes a unit with its origin', () => {
  const { units } = read({
    model: 'bar/m',
    max_tokens: 5,
    system: [{ type: 'text', text: 'be kind', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: 'plain' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
          { type: 'redacted_thinking', data: 'b3BhcXVl' },
          { type: 'text', text: 'I look.', citations: [{ type: 'char_location', cited_text: 'quoted' }] },
          { type: 'tool_use', id: 'toolu_1', name: 'ls', input: { path: '.', n: [1, { deep: 'x' }] } },
          { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} },
          {
            type: 'web_search_tool_result',
            tool_use_id: 'srv_1',
            content: [{ type: 'web_search_result', title: 'Page' }],
          },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'a.txt' },
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            is_error: true,
            content: [
              { type: 'text', text: 'b.txt' },
              { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'inside' } },
            ],
          },
          {
            type: 'document',
            title: 'T',
            context: 'C',
            source: { type: 'text', media_type: 'text/plain', data: 'a file' },
          },
          { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'in parts' }] } },
          {
            type: 'search_result',
            source: 'https://x.example',
            title: 'S',
            content: [{ type: 'text', text: 'found' }],
          },
          { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
          { type: 'later_block', later: ['text'] },
        ],
      },
      { role: 'owner', content: 'unknown role' },
    ],
    tools: [
      {
        name: 'ls',
        description: 'Lists the files of a folder.',
        input_schema: { type: 'object', properties: { depth: { description: 'How many levels down it goes.' } } },
      },
    ],
    stop_sequences: ['END'],
    metadata: { user_id: 'someone' },
    mcp_servers: [{ type: 'url', url: 'https://mcp.example', name: 'm' }],
    unheard_of: { deep: ['text'] },
    account: 4_111_111_111_111_111,
  })
  const ls = { tool: 'ls' }
  const expected: Record<string, ReturnType<typeof find>> = {
    '/model': { origin: 'user', text: 'bar/m' },
    '/system/0/text': { origin: 'system', text: 'be kind' },
    '/messages/0/content': { origin: 'user', text: 'plain' },
    '/messages/1/content/0/thinking': { origin: 'assistant', text: 'hm' },
    '/messages/1/content/0/signature': { origin: 'assistant', text: 'c2ln' },
    '/messages/1/content/1/data': { origin: 'assistant', text: 'b3BhcXVl' },
    '/messages/1/content/2/text': { origin: 'assistant', text: 'I look.' },
    '/messages/1/content/2/citations/0/cited_text': { origin: 'assistant', text: 'quoted' },
    '/messages/1/content/3/input': { origin: 'tool_call', text: '{"path":".","n":[1,{"deep":"x"}]}', ...ls },
    '/messages/1/content/5/content/0/title': { origin: 'web', text: 'Page', tool: 'web_search' },
    '/messages/2/content/0/content': { origin: 'tool_result', text: 'a.txt', ...ls },
    '/messages/2/content/1/content/0/text': { origin: 'tool_result', text: 'b.txt', ...ls },
    '/messages/2/content/1/content/1/source/data': { origin: 'tool_result', text: 'inside', ...ls },
    '/messages/2/content/2/title': { origin: 'file', text: 'T' },
    '/messages/2/content/2/context': { origin: 'file', text: 'C' },
    '/messages/2/content/2/source/data': { origin: 'file', text: 'a file' },
    '/messages/2/content/3/source/content/0/text': { origin: 'file', text: 'in parts' },
    '/messages/2/content/4/source': { origin: 'web', text: 'https://x.example' },
    '/messages/2/content/4/content/0/text': { origin: 'web', text: 'found' },
    '/messages/2/content/5/source/url': { origin: 'user', text: 'https://x.example/a.png' },
    '/messages/2/content/6/later/0': { origin: 'user', text: 'text' },
    '/messages/3/content': { origin: 'user', text: 'unknown role' },
    '/tools/0/description': { origin: 'developer', text: 'Lists the files of a folder.' },
    '/tools/0/input_schema/properties/depth/description': {
      origin: 'developer',
      text: 'How many levels down it goes.',
    },
    '/stop_sequences/0': { origin: 'user', text: 'END' },
    '/metadata/user_id': { origin: 'user', text: 'someone' },
    '/mcp_servers/0/url': { origin: 'user', text: 'https://mcp.example' },
    '/unheard_of/deep/0': { origin: 'user', text: 'text' },
  }
  for (const [path, unit] of Object.entries(expected)) assert.deepEqual(find(units, path), unit, path)
  const names = find(units, '/#names')?.text.split('\n') ?? []
  for (const name of ['toolu_1', 'ls', 'owner', 'unheard_of', 'depth', 'deep', '4111111111111111'])
    assert.ok(names.includes(name), name)
  assert.equal(units.at(-1)?.path, '/messages/3/content')
})

test('whatever the layout, no string of a body is left out', () => {
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      fc.record(
        {
          type: fc.constantFrom('text', 'tool_use', 'tool_result', 'search_result', 'x_tool_result', 'thinking', 'y'),
          content: tie('value'),
          text: tie('value'),
          input: tie('value'),
          name: tie('value'),
          thinking: tie('value'),
        },
        { requiredKeys: ['type'], noNullPrototype: true },
      ),
    ),
  }))
  const message = fc.record({ role: fc.constantFrom('user', 'assistant'), content: value }, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(fc.oneof(message, value), { maxLength: 3 }), value, (messages, extra) => {
      const body = { model: 'm', messages, system: extra, extra }
      let call: ReturnType<typeof read>
      try {
        call = read(body)
      } catch (error) {
        assert.ok(isCatalogued(error) && /__proto__|"source"|"file_id"/.test(JSON.stringify(body)))
        return
      }
      const scanned = call.units.map(unit => unit.text).join('\n')
      for (const text of stringsOf(body)) {
        const written = JSON.stringify(text).slice(1, -1)
        assert.ok(scanned.includes(text) || scanned.includes(written) || /^[a-zA-Z_]+$/.test(text), text)
      }
    }),
  )
})

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(stringsOf)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, item]) => [key, ...stringsOf(item)])
  return []
}

test('secrets are removed wherever they stand, all else of the call unchanged', async t => {
  const path = await startMessagesPath(t)
  const place = (text: string) => ({
    model: 'bar/model-1',
    max_tokens: 5,
    system: [{ type: 'text', text: `s ${text}` }],
    messages: [
      { role: 'user', content: `${text}${text} u` },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: text, signature: 'c2ln' },
          { type: 'tool_use', id: 'c', name: 'f', input: { a: [`"q" ${text}`], n: 2 } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text }] }] },
      { role: 'user', content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: text } }] },
    ],
    tools: [{ name: 'f', description: `needs ${text} for its work`, input_schema: { type: 'object' } }],
    metadata: { user_id: text },
  })
  assert.equal((await path.ask(place(SECRET))).status, 200)
  assert.deepEqual(path.upstream.received[0]?.json(), { ...place(PLACEHOLDER), model: 'model-1' })
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
  const answer = await path.ask(tell('hi', { metadata: { [SECRET]: 'x' } }))
  assert.equal(answer.status, 400)
})

test('arguments that a redaction leaves no object are wrapped, never sent as they were', async t => {
  const path = await startMessagesPath(t)
  const input = { [SECRET]: 1 }
  path.set.judges = [
    {
      request: (units, call) => {
        const judged = markerJudge.request(
          units.map(unit => (unit.path === '/#names' ? { ...unit, text: '' } : unit)),
          call,
        )
        return { ...judged, redactions: judged.redactions.map(cut => ({ ...cut, start: 0, end: cut.end + 3 })) }
      },
      answer: call => markerJudge.answer(call),
    },
  ]
  const answer = await path.ask({
    ...tell('x'),
    messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input }] }],
  })
  assert.equal(answer.status, 200)
  const sent = path.upstream.received[0]?.json() as { messages: { content: { input: unknown }[] }[] }
  assert.deepEqual(sent.messages[0]?.content[0]?.input, { redacted: `${PLACEHOLDER}}` })
})

test('pictures pass with their size on record, files that nobody here can read are refused', async t => {
  const path = await startMessagesPath(t)
  const image = (source: unknown) => tell([{ type: 'image', source }])
  const base64 = (media: string, data: string) => ({ type: 'base64', media_type: media, data })
  assert.equal((await path.ask(image(base64('image/png', PNG)))).status, 200)
  assert.ok((path.records[0]?.unscannedBytes ?? 0) > 7_000)
  const shown = [{ type: 'image', source: base64('image/png', PNG) }]
  const result = tell([{ type: 'tool_result', tool_use_id: 'x', content: shown }])
  assert.equal((await path.ask(result)).status, 200)
  assert.ok((path.records[1]?.unscannedBytes ?? 0) > 7_000)
  assert.equal(path.upstream.received[0]?.body.includes(PNG), true)
  const document = (source: unknown) => tell([{ type: 'document', source }])
  const nested = tell([
    { type: 'tool_result', tool_use_id: 'x', content: [{ type: 'document', source: base64('application/pdf', PNG) }] },
  ])
  const refused: [string, unknown][] = [
    ['pdf', document(base64('application/pdf', PNG))],
    ['short pdf', document(base64('application/pdf', 'JVBERg=='))],
    ['text as base64', document(base64('text/plain', 'aGVsbG8='))],
    ['address', document({ type: 'url', url: 'https://x.example/a.pdf' })],
    ['file', document({ type: 'file', file_id: 'file_1' })],
    ['unknown source', document({ type: 'later', data: 'x' })],
    ['no source type', document({ data: 'x' })],
    ['file of an image', image({ type: 'file', file_id: 'file_1' })],
    ['other picture', image(base64('image/jpeg', Buffer.alloc(5_000, 0xfe).toString('base64')))],
    ['type of a picture', image(base64('application/pdf', PNG))],
    ['upload', tell([{ type: 'container_upload', file_id: 'file_1' }])],
    ['inside a result', nested],
    ['unknown block', tell([{ type: 'video', source: base64('video/mp4', PNG) }])],
    ['in the system prompt', tell('x', { system: [{ type: 'document', source: base64('application/pdf', PNG) }] })],
  ]
  for (const [name, body] of refused) {
    const answer = await path.ask(body)
    assert.equal(answer.status, 400, name)
    assert.equal(envelopeOf(answer).error['code'], 'GW_UNSCANNABLE', name)
    assert.match(answer.text, /stands at \/(?:messages\/0\/content|system)\/0/, name)
  }
  assert.equal(path.upstream.received.length, 2)
  assert.equal(path.records.at(-1)?.error, 'GW_UNSCANNABLE')
})

test('text in what claims to be a picture, and in documents, is judged', async t => {
  const path = await startMessagesPath(t)
  const words = Buffer.from('words in a file. '.repeat(400) + BLOCK).toString('base64')
  const fake = { type: 'base64', media_type: 'image/png', data: words }
  assert.equal((await path.ask(tell([{ type: 'image', source: fake }]))).status, 400)
  const file = { type: 'text', media_type: 'text/plain', data: BLOCK }
  assert.equal((await path.ask(tell([{ type: 'document', source: file }]))).status, 400)
  assert.deepEqual(
    path.records.map(record => record.error),
    ['GW_BLOCKED', 'GW_BLOCKED'],
  )
})

test('a body with a member twice, too deep, or without messages is refused', async t => {
  const path = await startMessagesPath(t)
  const twice = JSON.stringify(tell('fine')).replace('"content"', `"content":"${BLOCK}","content"`)
  const deep = `{"model":"bar/model-1","messages":${'['.repeat(80)}${']'.repeat(80)}}`
  const input =
    '{"model":"bar/model-1","messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"a":1,"a":2}}]}]}'
  const proto =
    '{"model":"bar/model-1","messages":[{"role":"assistant","content":[{"type":"tool_use","input":{"__proto__":1}}]}]}'
  for (const body of [
    twice,
    deep,
    input,
    proto,
    '{"model":"bar/model-1"}',
    '{"messages":[]}',
    Buffer.from([0x7b, 0xff]),
  ]) {
    const answer = await path.ask(body)
    assert.deepEqual([answer.status, envelopeOf(answer).error['code']], [400, 'GW_BODY'], String(body).slice(0, 80))
  }
  assert.equal(path.upstream.received.length, 0)
})
