import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCatalogued, type Unit } from '../../../kernel/contract/index.ts'
import { readCall } from '../../../kernel/gateway/responses/call.ts'
import { json } from '../../fixtures/upstream.ts'
import { outputItem, respond, response } from '../../fixtures/upstream-responses.ts'
import { type Answer, BLOCK, type ModelPath, PLACEHOLDER, SECRET, startModelPath } from './model-path.ts'

const DEPTH = 64
const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(6_000, 7)]).toString('base64')

function read(body: Record<string, unknown>) {
  return readCall(Buffer.from(JSON.stringify({ model: 'bar/m', ...body })), DEPTH)
}

function find(units: readonly Unit[], path: string): [string, string, string | undefined] | undefined {
  const unit = units.find(candidate => candidate.path === path)
  return unit && [unit.origin, unit.text, unit.tool]
}

function ask(path: ModelPath, body: Record<string, unknown> | string): Promise<Answer> {
  const call = typeof body === 'string' ? body : { model: 'bar/model-1', input: 'hi', ...body }
  return path.call(call, { path: '/v1/responses' })
}

const ITEMS = [
  { role: 'system', content: 'be kind' },
  { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'be brief' }] },
  {
    role: 'user',
    content: [
      { type: 'input_text', text: 'look' },
      { type: 'input_image', image_url: 'https://x.example/a.png', detail: 'low' },
      {
        type: 'input_file',
        filename: 'a.txt',
        file_data: `data:text/plain;base64,${Buffer.from('file text').toString('base64')}`,
      },
    ],
  },
  {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text: 'thought' }],
    encrypted_content: 'opaque text',
  },
  {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [
      {
        type: 'output_text',
        text: 'said',
        annotations: [{ type: 'url_citation', url: 'https://y.example', title: 'a title' }],
      },
      { type: 'refusal', refusal: 'declined' },
    ],
  },
  { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'ls', arguments: '{"p":"."}' },
  { type: 'function_call_output', call_id: 'call_1', output: 'a.txt' },
  { type: 'custom_tool_call', call_id: 'call_2', name: 'sh', input: 'ls -l' },
  { type: 'custom_tool_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'total 0' }] },
  {
    type: 'local_shell_call',
    id: 'sh_1',
    call_id: 'call_3',
    action: { type: 'exec', command: ['uname', '-a'], env: {} },
  },
  { type: 'local_shell_call_output', id: 'sh_1', call_id: 'call_3', output: 'Linux box' },
  { type: 'mcp_call', id: 'mcp_1', name: 'fetch', server_label: 'web', arguments: '{"u":1}', output: 'a page' },
  { type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: 'a query' } },
  { type: 'item_reference', id: 'msg_0' },
  { type: 'never_heard_of', words: ['some words'] },
]

test('every text of a call becomes a unit with its origin, the newest last', () => {
  const { units } = read({
    instructions: 'the rules',
    prompt: {
      id: 'pmpt_1',
      version: '2',
      variables: { city: 'Ulm', file: { type: 'input_text', text: 'from a variable' } },
    },
    text: { format: { type: 'json_schema', name: 'a', schema: { description: 'An answer of a certain shape.' } } },
    tools: [
      {
        type: 'function',
        name: 'ls',
        description: 'Lists the files of a folder.',
        parameters: { type: 'object', properties: {} },
      },
    ],
    metadata: { ticket: 'T-1' },
    previous_response_id: 'resp_0',
    input: ITEMS,
  })
  const expected: Record<string, ReturnType<typeof find>> = {
    '/model': ['user', 'bar/m', undefined],
    '/instructions': ['system', 'the rules', undefined],
    '/prompt/variables/city': ['user', 'Ulm', undefined],
    '/prompt/variables/file/text': ['user', 'from a variable', undefined],
    '/text/format/schema/description': ['developer', 'An answer of a certain shape.', undefined],
    '/tools/0/description': ['developer', 'Lists the files of a folder.', undefined],
    '/metadata/ticket': ['user', 'T-1', undefined],
    '/input/0/content': ['system', 'be kind', undefined],
    '/input/1/content/0/text': ['developer', 'be brief', undefined],
    '/input/2/content/0/text': ['user', 'look', undefined],
    '/input/2/content/1/image_url': ['user', 'https://x.example/a.png', undefined],
    '/input/2/content/2/file_data': ['file', 'file text', undefined],
    '/input/3/summary/0/text': ['assistant', 'thought', undefined],
    '/input/3/encrypted_content': ['assistant', 'opaque text', undefined],
    '/input/4/content/0/text': ['assistant', 'said', undefined],
    '/input/4/content/0/annotations/0/url': ['assistant', 'https://y.example', undefined],
    '/input/4/content/1/refusal': ['assistant', 'declined', undefined],
    '/input/5/arguments': ['tool_call', '{"p":"."}', 'ls'],
    '/input/6/output': ['tool_result', 'a.txt', 'ls'],
    '/input/7/input': ['tool_call', 'ls -l', 'sh'],
    '/input/8/output/0/text': ['tool_result', 'total 0', 'sh'],
    '/input/9/action/command/0': ['tool_call', 'uname', 'local_shell'],
    '/input/10/output': ['tool_result', 'Linux box', 'local_shell'],
    '/input/11/arguments': ['tool_call', '{"u":1}', 'fetch'],
    '/input/11/output': ['tool_result', 'a page', 'fetch'],
    '/input/12/action/query': ['tool_call', 'a query', 'web_search'],
    '/input/14/words/0': ['user', 'some words', undefined],
  }
  for (const [path, unit] of Object.entries(expected)) assert.deepEqual(find(units, path), unit, path)
  for (const name of ['resp_0', 'msg_0', 'pmpt_1'])
    assert.ok(
      units.some(({ path, text }) => path === '/#names' && text.split('\n').includes(name)),
      name,
    )
  assert.equal(units.at(-1)?.path, '/input/14/words/0')
  assert.deepEqual(
    units.map(({ id }) => id),
    units.map((_, at) => at),
  )
  assert.deepEqual(find(read({ input: 'plain' }).units, '/input'), ['user', 'plain', undefined])
})

test('whatever the layout, no string of a call is left out', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 5 }),
      fc.constantFrom('input', 'tools', 'text', 'prompt', 'extra'),
      (value, key) => {
        if (JSON.stringify(value).includes('"__proto__"')) return
        const body = key === 'input' ? { input: [value] } : { [key]: value }
        const said = read(body).units.map(({ text }) => text)
        const strings: string[] = []
        JSON.stringify(value, (name, item) => {
          strings.push(name)
          if (typeof item === 'string') strings.push(item)
          return item
        })
        for (const text of strings)
          if (text.length > 20)
            assert.ok(
              said.some(unit => unit.includes(text)),
              text,
            )
      },
    ),
    { numRuns: 200 },
  )
})

test('pictures pass with their size on record, files only when they can be read', async t => {
  const path = await startModelPath(t)
  const parts = (part: Record<string, unknown>) => ({ input: [{ role: 'user', content: [part] }] })
  path.upstream.script(respond([{ text: ['ok'] }]))
  const url = `data:image/png;base64,${PNG}`
  assert.equal((await ask(path, parts({ type: 'input_image', image_url: url }))).status, 200)
  assert.ok((path.records[0]?.unscannedBytes ?? 0) > 7_000)
  const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(60, 0xff)]).toString('base64')
  const refused: Record<string, unknown>[] = [
    { type: 'input_file', file_id: 'file-1' },
    { type: 'input_file', file_url: 'https://x.example/a.pdf' },
    { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` },
    { type: 'input_file', filename: 'a.pdf', file_data: pdf },
    { type: 'input_audio', input_audio: { data: Buffer.alloc(6_000, 0xfe).toString('base64'), format: 'wav' } },
  ]
  for (const part of refused) {
    for (const body of [
      parts(part),
      { input: [{ type: 'function_call_output', call_id: 'c', output: [part] }] },
      { input: [part] },
      { prompt: { id: 'p', variables: { file: part } } },
    ]) {
      const answer = await ask(path, body)
      assert.equal(answer.status, 400, JSON.stringify(part))
      assert.equal((answer.json()['error'] as Record<string, unknown>)['code'], 'GW_UNSCANNABLE')
    }
  }
  assert.equal(path.upstream.received.length, 1)
})

test('secrets are removed wherever they stand, also inside a file, all else unchanged', async t => {
  const path = await startModelPath(t)
  path.upstream.script(respond([{ text: ['ok'] }]))
  const encode = (text: string): string => `data:text/plain;base64,${Buffer.from(text).toString('base64')}`
  const body = (secret: string) => ({
    model: 'bar/model-1',
    instructions: `rule ${secret}`,
    tools: [{ type: 'function', name: 'ls', description: `A long description with ${secret} in it.` }],
    prompt: { id: 'p', variables: { a: secret } },
    input: [
      { role: 'user', content: `x ${secret} y` },
      {
        role: 'user',
        content: [{ type: 'input_file', filename: 'a.txt', file_data: encode(`in a file: ${secret}.`) }],
      },
      { type: 'reasoning', id: 'rs', summary: [{ type: 'summary_text', text: secret }] },
      { type: 'function_call', call_id: 'call_1', name: 'ls', arguments: `{"k":"${secret}"}` },
      { type: 'function_call_output', call_id: 'call_1', output: `key=${secret}` },
      { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: secret }] },
      {
        type: 'local_shell_call',
        call_id: 'call_2',
        action: { type: 'exec', command: ['echo', secret], env: { K: secret } },
      },
    ],
  })
  const answer = await ask(path, body(SECRET))
  assert.equal(answer.status, 200)
  assert.deepEqual(path.upstream.received[0]?.json(), { ...body(PLACEHOLDER), model: 'model-1' })
  assert.deepEqual([path.records[0]?.verdict, path.records[0]?.action], ['redact', 'redacted'])
  assert.ok(!JSON.stringify(path.records).includes(SECRET))
})

test('a clean call reaches the provider with its own bytes, only the provider prefix of the model removed', async t => {
  const path = await startModelPath(t)
  path.upstream.script(respond([{ text: ['ok'] }]))
  const body =
    '{ "input":[{"role":"user","content":"Gr\\u00fc\\u00dfe"}],\n "model" : "bar/model-1","store":false,"temperature":1.0}'
  const answer = await ask(path, body)
  const [received] = path.upstream.received
  assert.equal(received?.path, '/v1/responses')
  assert.equal(received?.body.toString(), body.replace('bar/model-1', 'model-1'))
  assert.equal(received?.headers.authorization, 'Bearer provider-side')
  assert.equal(answer.text, JSON.stringify(response([{ text: ['ok'] }])))
  const [record] = path.records
  assert.deepEqual([record?.dialect, record?.path, record?.stream], ['openai', '/v1/responses', false])
  assert.deepEqual(record?.tokens, { input: 11, output: 7 })
  assert.equal(record?.id, answer.headers['x-clawnex-call'])
})

test('a blocked prompt never reaches the provider, plain and streamed', async t => {
  const path = await startModelPath(t)
  for (const stream of [false, true])
    for (const input of [BLOCK, [{ role: 'user', content: [{ type: 'input_text', text: BLOCK }] }]]) {
      const answer = await ask(path, { input, stream })
      assert.equal(answer.status, 400)
      assert.equal((answer.json()['error'] as Record<string, unknown>)['code'], 'content_blocked')
      assert.equal(answer.headers['x-should-retry'], 'false')
    }
  assert.equal(path.upstream.received.length, 0)
  assert.ok(path.records.every(record => record.verdict === 'block' && record.path === '/v1/responses'))
})

test('what is no call of this API is refused', async t => {
  const path = await startModelPath(t)
  for (const body of [
    '{',
    '[]',
    '{"input":"x"}',
    '{"model":"bar/model-1","input":7}',
    '{"model":"bar/model-1","input":"a","input":"b"}',
    '{"model":"bar/model-1","input":[{"__proto__":1}]}',
  ]) {
    const answer = await ask(path, body)
    assert.deepEqual(
      [answer.status, (answer.json()['error'] as Record<string, unknown>)['code']],
      [400, 'GW_BODY'],
      body,
    )
  }
  // What a provider keeps was judged when it came through here.
  path.upstream.script(respond([{ text: ['ok'] }]))
  assert.equal(
    (await path.call({ model: 'bar/model-1', previous_response_id: 'resp_1' }, { path: '/v1/responses' })).status,
    200,
  )
  assert.throws(() => readCall(Buffer.from('{"model":""}'), DEPTH), isCatalogued)
})

test('plain answers: secrets are removed everywhere, blocked texts and calls become a refusal', async t => {
  const path = await startModelPath(t)
  const items = [
    { text: [`x ${SECRET} y`], logprobs: true },
    { refusal: [SECRET] },
    { summary: [SECRET] },
    { call: 'ls', pieces: [`{"k":"${SECRET}"}`] },
    { custom: 'sh', pieces: [SECRET] },
  ] as const
  path.upstream.script(json(response(items, { output_text: `x ${SECRET} y`, novel: { text: SECRET } })))
  const answer = await ask(path, {})
  assert.equal(answer.status, 200)
  assert.ok(!answer.text.includes(SECRET))
  const output = answer.json()['output'] as Record<string, unknown>[]
  const shown = (text: string): string => text.replaceAll(SECRET, PLACEHOLDER)
  const first = JSON.parse(shown(JSON.stringify(outputItem(items[0], 0)))) as { content: Record<string, unknown>[] }
  for (const part of first.content) part['logprobs'] = []
  assert.deepEqual(output[0], first)
  assert.deepEqual(output[3], JSON.parse(shown(JSON.stringify(outputItem(items[3], 3)))))
  assert.deepEqual([path.records[0]?.verdict, path.records[0]?.action], ['redact', 'redacted'])
  for (const item of [{ text: [BLOCK] }, { call: 'run', pieces: [BLOCK] }, { custom: BLOCK, pieces: [''] }]) {
    path.upstream.script(json(response([{ text: ['fine'] }, item])))
    const refused = await ask(path, {})
    assert.equal(refused.status, 400)
    assert.ok(!refused.text.includes(BLOCK))
  }
})

test('pictures in answers pass with their size on record, other content of that length does not go unread', async t => {
  const path = await startModelPath(t)
  const item = (result: string) => ({ id: 'ig_1', type: 'image_generation_call', status: 'completed', result })
  path.upstream.script(json(response([], { output: [item(PNG)] })))
  const body = (await ask(path, {})).json()
  assert.equal((body['output'] as Record<string, unknown>[])[0]?.['result'], PNG)
  assert.equal(path.records[0]?.unscannedBytes, PNG.length)
  path.upstream.script(json(response([], { output: [item(`${SECRET}${PNG}`)] })))
  assert.ok(!(await ask(path, {})).text.includes(SECRET))
})

test('settings of the call that the response names again are judged once, other texts in their place are judged', async t => {
  const path = await startModelPath(t)
  const instructions = `Rules: ${'be kind. '.repeat(2_000)}`
  path.upstream.script(json(response([{ text: ['ok'] }], { instructions })))
  const plain = await ask(path, { instructions })
  assert.equal((plain.json()['instructions'] as string).length, instructions.length)
  assert.ok((path.records[0]?.scannedBytes ?? 0) < 1.5 * instructions.length)
  path.upstream.script(json(response([{ text: ['ok'] }], { instructions: `${instructions}${SECRET}` })))
  assert.ok(!(await ask(path, { instructions })).text.includes(SECRET))
})

test('errors of the provider pass with their status, answers of another shape do not', async t => {
  const path = await startModelPath(t)
  const body = { error: { message: 'slow down', type: 'rate_limit_error', param: null, code: 'rate_limit' } }
  path.upstream.script(json(body, 429, { 'retry-after': '7' }))
  const limited = await ask(path, {})
  assert.deepEqual([limited.status, limited.json(), limited.headers['retry-after']], [429, body, '7'])
  for (const wrong of ['{"object":"chat.completion","choices":[]}', '<html>', '[]', '{"output":']) {
    path.upstream.script(json(wrong))
    assert.equal((await ask(path, {})).status, 502, wrong)
  }
})
