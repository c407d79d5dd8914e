import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type LogOptions, logs, parseLog } from '../../../kernel/cli/commands/logs.ts'
import { createContext } from '../../../kernel/cli/context.ts'
import { createLogFiles } from '../../../kernel/cli/launch/log-files.mjs'
import { temporaryFolder } from '../../fixtures/paths.ts'

const line = (time: string, level: number, msg: string) => `${JSON.stringify({ time, level, msg })}\n`

/** What the command prints for a data folder. */
async function print(t: TestContext, data: string, options: Partial<LogOptions>, json = false): Promise<string> {
  let text = ''
  const { mock } = t.mock.method(process.stdout, 'write', (chunk: string) => {
    text += chunk
    return true
  })
  try {
    await logs(createContext({ data, json }, data), { lines: 100, level: 'debug', follow: false, ...options })
  } finally {
    mock.restore()
  }
  return text
}

test('lines of both planes come in order of time, the newest last, filtered by level', async t => {
  const data = temporaryFolder(t)
  mkdirSync(join(data, 'logs'))
  writeFileSync(
    join(data, 'logs/gateway.log'),
    line('2026-01-01T00:00:01Z', 30, 'second') + line('2026-01-01T00:00:03Z', 40, 'fourth'),
  )
  writeFileSync(
    join(data, 'logs/dashboard.log'),
    line('2026-01-01T00:00:00Z', 20, 'first') + line('2026-01-01T00:00:02Z', 50, 'third'),
  )
  const all = await print(t, data, {})
  assert.deepEqual(all.match(/first|second|third|fourth/g), ['first', 'second', 'third', 'fourth'])
  assert.match(all, /error dashboard: third/)
  assert.deepEqual((await print(t, data, { lines: 2 })).match(/first|second|third|fourth/g), ['third', 'fourth'])
  assert.deepEqual((await print(t, data, { level: 'warn' })).match(/first|second|third|fourth/g), ['third', 'fourth'])
  const json = await print(t, data, { lines: 1 }, true)
  assert.equal(JSON.parse(json).msg, 'fourth')
})

test('without any log it says where it looked', async t => {
  const data = temporaryFolder(t)
  await assert.rejects(print(t, data, {}), { exit: 3, message: new RegExp(join(data, 'logs')) })
})

test('text that is no JSON, a crash for one, counts as an error', () => {
  assert.equal(parseLog('gateway', 'Error: boom').level, 50)
  assert.match(parseLog('gateway', '    at f (x.ts:1:1)').text, /^gateway: {5}at f/)
})

test('log files belong to the operator alone and stay bounded', t => {
  const data = temporaryFolder(t)
  const files = createLogFiles(data, assert.fail)
  const block = 'x'.repeat(1024 * 1024)
  for (let written = 0; written < 20; written++) files.write('gateway', block)
  files.write('gateway', 'newest\n')
  files.close()
  const names = readdirSync(join(data, 'logs')).sort()
  assert.deepEqual(names, ['gateway.log', 'gateway.log.1'])
  for (const name of names) assert.ok(statSync(join(data, 'logs', name)).size <= 9 * 1024 * 1024)
  assert.match(readFileSync(join(data, 'logs/gateway.log'), 'utf8'), /newest\n$/)
  assert.equal(statSync(join(data, 'logs/gateway.log')).mode & 0o077, 0)
})

test('a log that cannot be written is told once and ends nothing', t => {
  const data = temporaryFolder(t)
  writeFileSync(join(data, 'logs'), 'in the way')
  const told: string[] = []
  const files = createLogFiles(data, why => told.push(why))
  for (let written = 0; written < 3; written++) files.write('gateway', 'line\n')
  assert.equal(told.length, 1)
})
