import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCatalogued, type Unit } from '../../../kernel/contract/index.ts'
import { readCall } from '../../../kernel/gateway/openai/call.ts'
import { PLACEHOLDER, SECRET, say, startModelPath } from './model-path.ts'

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
    messages: [
      { role: 'system', content: 'be kind' },
      { role: 'developer', content: 'be brief' },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        refusal: 'no',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'ls', arguments: '{"p":"."}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'a.txt' },
      { role: 'assistant', function_call: { name: 'old', arguments: 'args' } },
      { role: 'function', name: 'old', content: 'result' },
      { role: 'owner', content: 'unknown role' },
    ],
    tools: [
      {
        type: 'function',
        function: {
          name: 'ls',
          description: 'Lists the files of a folder.',
          parameters: { type: 'object', properties: { depth: { description: 'How many levels down it goes.' } } },
        },
      },
    ],
    response_format: { type: 'json_schema', json_schema: { schema: { description: 'An answer of a certain shape.' } } },
    prediction: { type: 'content', content: 'expected text' },
    stop: ['END'],
    metadata: { ticket: 'T-1' },
    unheard_of: { deep: ['text'] },
    account: 4_111_111_111_111_111,
  })
  const expected: Record<string, ReturnType<typeof find>> = {
    '/model': { origin: 'user', text: 'bar/m' },
    '/messages/0/content': { origin: 'system', text: 'be kind' },
    '/messages/1/content': { origin: 'developer', text: 'be brief' },
    '/messages/2/content/0/text': { origin: 'user', text: 'look' },
    '/messages/2/content/1/image_url/url': { origin: 'user', text: 'https://x.example/a.png' },
    '/messages/3/reasoning_content': { origin: 'assistant', text: 'hm' },
    '/messages/3/refusal': { origin: 'assistant', text: 'no' },
    '/messages/3/tool_calls/0/function/arguments': { origin: 'tool_call', text: '{"p":"."}', tool: 'ls' },
    '/messages/4/content': { origin: 'tool_result', text: 'a.txt', tool: 'ls' },
    '/messages/5/function_call/arguments': { origin: 'tool_call', text: 'args', tool: 'old' },
    '/messages/6/content': { origin: 'tool_result', text: 'result', tool: 'old' },
    '/messages/7/content': { origin: 'user', text: 'unknown role' },
    '/tools/0/function/description': { origin: 'developer', text: 'Lists the files of a folder.' },
    '/tools/0/function/parameters/properties/depth/description': {
      origin: 'developer',
      text: 'How many levels down it goes.',
    },
    '/response_format/json_schema/schema/description': { origin: 'developer', text: 'An answer of a certain shape.' },
    '/prediction/content': { origin: 'user', text: 'expected text' },
    '/stop/0': { origin: 'user', text: 'END' },
    '/metadata/ticket': { origin: 'user', text: 'T-1' },
    '/unheard_of/deep/0': { origin: 'user', text: 'text' },
  }
  for (const [path, unit] of Object.entries(expected)) assert.deepEqual(find(units, path), unit, path)
  const names = find(units, '/#names')?.text.split('\n') ?? []
  for (const name of [
    'ann',
    'call_1',
    'ls',
    'old',
    'owner',
    'ticket',
    'unheard_of',
    'deep',
    'depth',
    '4111111111111111',
  ])
    assert.ok(names.includes(name), name)
  assert.deepEqual(
    units.map(unit => unit.id),
    units.map((_unit, at) => at),
  )
})

test('whatever the layout, no string of a body is left out', () => {
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), value, (messages, extra) => {
      const body = { model: 'm', messages, extra }
      let call: ReturnType<typeof read>
      try {
        call = read(body)
      } catch (error) {
        assert.ok(isCatalogued(error) && JSON.stringify(body).includes('__proto__'))
        return
      }
      const scanned = call.units.map(unit => unit.text).join('\n')
      for (const text of stringsOf(body)) assert.ok(scanned.includes(text) || isWord(text), text)
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

/** Words of the dialect are not units; a generated string hits one only by chance. */
function isWord(text: string): boolean {
  return /^[a-zA-Z_]+$/.test(text)
}

test('pictures pass with their size on record, text in them is scanned, other content is refused', async t => {
  const path = await startModelPath(t)
  const image = (url: string) => say([{ type: 'image_url', image_url: { url } }])
  const picture = await path.call(image(`data:image/png;base64,${PNG}`))
  assert.equal(picture.status, 200)
  assert.ok((path.records[0]?.unscannedBytes ?? 0) > 7_000)
  const filler = `${'words in a file. '.repeat(400)}`
  const file = (text: string, type: string) => `data:${type};base64,${Buffer.from(text).toString('base64')}`
  assert.equal((await path.call(image(file(filler, 'text/plain')))).status, 200)
  assert.equal(path.records[1]?.unscannedBytes, 0)
  for (const type of ['text/plain', 'image/svg+xml', 'image/png'])
    assert.equal((await path.call(image(file(filler + SECRET, type)))).status, 400, type)
  const audio = say([{ type: 'input_audio', input_audio: { data: PNG, format: 'wav' } }])
  const pdf = say([{ type: 'file', file: { file_data: `data:application/pdf;base64,${PNG}`, filename: 'a.pdf' } }])
  for (const body of [audio, pdf, image(`data:image/jpeg;base64,${Buffer.alloc(5_000, 0xfe).toString('base64')}`)]) {
    const answer = await path.call(body)
    assert.equal(answer.status, 400)
    assert.match(answer.text, /stands at \/messages\/0\/content\/0/)
    assert.equal(path.records.at(-1)?.error, 'GW_UNSCANNABLE')
  }
  assert.equal(path.upstream.received.length, 2)
})

test('a secret in a place that cannot be rewritten stops the call', async t => {
  const path = await startModelPath(t)
  const answer = await path.call(say('hi', { metadata: { [SECRET]: 'x' } }))
  assert.equal(answer.status, 400)
  assert.equal(path.records[0]?.verdict, 'block')
  assert.equal(path.upstream.received.length, 0)
})

test('secrets are removed wherever they stand, all else of the call unchanged', async t => {
  const path = await startModelPath(t)
  const place = (text: string) => ({
    model: 'bar/model-1',
    messages: [
      { role: 'system', content: `s ${text}` },
      {
        role: 'user',
        content: [
          { type: 'text', text: `${text}${text} u` },
          { type: 'later_part', later: text },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: `{"a":"${text}"}` } }],
      },
      { role: 'tool', tool_call_id: 'c', content: text },
    ],
    tools: [{ type: 'function', function: { name: 'f', description: `needs ${text} for its work` } }],
    metadata: { 'a/b~c': text },
    temperature: 0.5,
  })
  assert.equal((await path.call(place(SECRET))).status, 200)
  assert.deepEqual(path.upstream.received[0]?.json(), { ...place(PLACEHOLDER), model: 'model-1' })
})
