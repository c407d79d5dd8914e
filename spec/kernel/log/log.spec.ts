import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger, formatLogLine } from '../../../kernel/log/index.ts'
import { openLogFile } from '../../../kernel/log/rotate.ts'
import { temporaryFolder } from '../../fixtures/paths.ts'

const secret = () => randomBytes(18).toString('hex')

function capture(level: 'debug' | 'info' | 'warn' | 'error' = 'debug') {
  const lines: string[] = []
  const log = createLogger({ name: 'clawnex', level, plane: 'gateway', write: line => lines.push(line) })
  return { lines, log, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> }
}

test('a line carries message, fields, plane and the fields of the children', () => {
  const { log, last } = capture()
  log.child({ plugin: 'shield' }).child({ generation: 3 }).warn({ call: 'abc' }, 'cut')
  assert.partialDeepStrictEqual(last(), {
    msg: 'cut',
    plane: 'gateway',
    plugin: 'shield',
    generation: 3,
    call: 'abc',
    level: 40,
  })
})

test('lines under the level are not written', () => {
  const { lines, log } = capture('warn')
  log.info({}, 'quiet')
  log.child({ part: 'x' }).debug({}, 'quieter')
  log.error({}, 'loud')
  assert.equal(lines.length, 1)
})

test('no secret reaches a line, wherever it stands', () => {
  const { lines, log } = capture()
  const value = secret()
  const circular: Record<string, unknown> = { password: value }
  circular['self'] = circular
  log.child({ apiKey: value }).info({ nested: { Authorization: `Bearer ${value}` }, circular }, `key cnx_${value}`)
  log.info({ list: [{ refresh_token: value }, new Map([['a', `Bearer ${value}`]])] }, `Cookie: session=${value}`)
  log.error({ err: new Error(`GET /open?token=${value}`, { cause: new Error(`x-api-key: ${value}`) }) }, 'failed')
  log.info({ headers: { 'set-cookie': [value], 'x-api-key': value } }, `basic ${value}`)
  assert.equal(lines.length, 4)
  assert.equal(lines.join('').includes(value), false)
})

test('counts that are merely named like secrets stay readable', () => {
  const { log, last } = capture()
  log.info({ tokens: { input: 3, output: 4 }, maxTokens: 9, key: 7 }, 'usage')
  assert.partialDeepStrictEqual(last(), { tokens: { input: 3, output: 4 }, maxTokens: 9, key: 7 })
})

test('fields cannot replace what the logger itself says, and percent signs stay', () => {
  const { log, last } = capture()
  log.info({ level: 60, msg: 'forged', time: 1, pid: 1 }, '100%s done')
  assert.equal(last()['level'], 30)
  assert.equal(last()['msg'], '100%s done')
})

test('a message cannot start a second line', () => {
  const { lines, log } = capture()
  log.info({ text: 'a\nb' }, 'one\n{"msg":"forged"}')
  assert.equal(lines.join('').trimEnd().split('\n').length, 1)
})

test('errors keep code, message, stack and cause', () => {
  const { log, last } = capture()
  log.error(
    { err: Object.assign(new Error('no space', { cause: new Error('deeper') }), { code: 'ENOSPC' }) },
    'write failed',
  )
  const err = last()['err'] as Record<string, unknown>
  assert.equal(err['code'], 'ENOSPC')
  assert.match(String(err['stack']), /no space/)
  assert.equal((err['cause'] as Record<string, unknown>)['message'], 'deeper')
})

test('a log file rotates by size, keeps five files and is private', t => {
  const folder = temporaryFolder(t)
  const file = openLogFile(join(folder, 'logs', 'gateway.log'), 100)
  for (let n = 0; n < 60; n += 1) file.write(`line ${String(n).padStart(4, '0')} ${'x'.repeat(20)}\n`)
  file.close()
  const names = readdirSync(join(folder, 'logs')).sort()
  assert.deepEqual(names, ['gateway.log', 'gateway.log.1', 'gateway.log.2', 'gateway.log.3', 'gateway.log.4'])
  for (const name of names) {
    const stat = statSync(join(folder, 'logs', name))
    assert.ok(stat.size <= 100)
    assert.equal(stat.mode & 0o777, 0o600)
  }
  assert.match(readFileSync(join(folder, 'logs', 'gateway.log'), 'utf8'), /line 0059/)
})

test('a log file that cannot be written does not throw', t => {
  const folder = temporaryFolder(t)
  const file = openLogFile(join(folder, 'logs'), 100)
  const blocked = openLogFile(join(folder, 'logs', 'below.log'), 100)
  file.write('takes the name of the folder\n')
  assert.doesNotThrow(() => blocked.write('lost\n'))
  file.close()
})

test('people read time, level, place, message and fields', () => {
  const { lines, log } = capture()
  log.child({ part: 'plane' }).warn({ dropped: 2, why: 'no space left' }, 'records dropped')
  assert.match(
    formatLogLine(lines[0]?.trim() ?? ''),
    /^\d\d:\d\d:\d\d warn {2}gateway\/plane records dropped dropped=2 why="no space left"$/,
  )
  assert.equal(formatLogLine('(node:1) Warning: x'), '(node:1) Warning: x')
  assert.equal(formatLogLine('{broken'), '{broken')
})
