import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createOutput, formatLog } from '../../../kernel/cli/launch/output.mjs'

function capture(json: boolean) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const output = createOutput({ json, stdout, stderr })
  return { output, out: () => String(stdout.read() ?? ''), err: () => String(stderr.read() ?? '') }
}

const warning = JSON.stringify({
  level: 40,
  msg: 'reload failed',
  plugin: 'traffic',
  code: 'PLG_BUNDLE_FAILED',
  detail: 'server.ts:3',
})

test('with --json stdout carries events alone; logs go to stderr', () => {
  const { output, out, err } = capture(true)
  output.progress('bundling')
  output.event({ event: 'ready', dashboard: 'http://127.0.0.1:1' })
  output.error({ code: 'RUN_PORT_TAKEN', message: 'taken', action: 'free it' })
  output.log('gateway', warning)
  output.log('gateway', 'a line\nof text')
  const events = out()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.deepEqual(
    events.map(({ event }) => event),
    ['progress', 'ready', 'error'],
  )
  assert.equal(err(), `${warning}\na line\nof text\n`)
})

test('for people: one link, keys only when minted, warnings as one line with code and plugin', () => {
  const { output, out, err } = capture(false)
  output.event({
    event: 'ready',
    dashboard: 'http://127.0.0.1:1',
    model: 'http://127.0.0.1:2',
    link: 'http://127.0.0.1:1/open?token=t',
  })
  const text = out()
  assert.equal(text.match(/http:\/\/127\.0\.0\.1:1/g)?.length, 1)
  assert.ok(text.includes('http://127.0.0.1:2/v1') && !text.includes('shown once'))
  output.log('dashboard', warning)
  assert.equal(err(), 'warn dashboard traffic: reload failed [PLG_BUNDLE_FAILED] server.ts:3\n')
})

test('information stays in the log file; a crash passes as it is', () => {
  assert.equal(formatLog('gateway', JSON.stringify({ level: 30, msg: 'fine' })), '')
  assert.equal(formatLog('gateway', 'Error: boom'), 'Error: boom\n')
  assert.equal(formatLog('gateway', '{broken'), '{broken\n')
})
