import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fetchModels } from '../../../plugins/providers/address/fetch.ts'
import { mayConnect, readBaseUrl } from '../../../plugins/providers/address/rules.ts'

const invalid = { code: 'API_INVALID' }

test('local model servers and public https addresses may be entered', () => {
  const good = [
    ['http://127.0.0.1:11434/v1', 'http://127.0.0.1:11434/v1'],
    ['http://localhost:1234/v1/', 'http://localhost:1234/v1'],
    ['http://[::1]:1234', 'http://[::1]:1234'],
    ['http://192.168.1.20:8000/v1', 'http://192.168.1.20:8000/v1'],
    ['http://ollama.lan/v1', 'http://ollama.lan/v1'],
    ['https://api.example.com/v1//', 'https://api.example.com/v1'],
    ['HTTPS://API.example.com', 'https://api.example.com'],
    ['http://[::ffff:10.0.0.1]:80/', 'http://[::ffff:a00:1]'],
  ] as const
  for (const [entered, kept] of good) assert.equal(readBaseUrl(entered), kept)
})

test('metadata and link-local addresses are refused in every spelling', () => {
  const bad = [
    'http://169.254.169.254/latest',
    'http://2852039166/',
    'http://0xA9FEA9FE/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::a9fe:a9fe]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'http://0.0.0.0/',
    'http://[::]/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'http://100.100.100.200/',
  ]
  for (const entered of bad) assert.throws(() => readBaseUrl(entered), invalid, entered)
})

test('what is no plain base address is refused', () => {
  const bad = [
    '',
    'api.example.com',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user:word@example.com',
    'https://example.com/?a=b',
    'https://example.com/#a',
    'http://api.example.com/v1',
    'http://8.8.8.8/v1',
  ]
  for (const entered of bad) assert.throws(() => readBaseUrl(entered), invalid, entered)
})

test('the link-local range is refused whole, however it is embedded', () => {
  const byte = fc.nat(255)
  const wrap = fc.constantFrom(
    (high: string, low: string) => `::ffff:${high}:${low}`,
    (high: string, low: string) => `::${high}:${low}`,
    (high: string, low: string) => `64:ff9b::${high}:${low}`,
    (high: string, low: string) => `2002:${high}:${low}::`,
  )
  fc.assert(
    fc.property(byte, byte, wrap, (a, b, embed) => {
      assert.equal(mayConnect(`169.254.${a}.${b}`), false)
      assert.equal(mayConnect(embed('a9fe', ((a << 8) | b).toString(16))), false)
      assert.equal(mayConnect(`127.0.${a}.${b}`), true)
    }),
  )
})

test('any text either reads as an address or is refused, nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.ipV6().map(ip => `https://[${ip}]`),
      ),
      text => {
        try {
          assert.match(readBaseUrl(text), /^https?:\/\//)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'API_INVALID')
        }
      },
    ),
  )
})

test('an address in an old row is checked again before the connection', async () => {
  const answer = await fetchModels({ baseUrl: 'http://169.254.169.254', headers: {} }, AbortSignal.timeout(5000))
  assert.deepEqual([answer.ok, answer.problem], [false, 'The address is refused.'])
})
