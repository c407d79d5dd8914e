import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createOutput, describeEvent, formatLog } from '../../../kernel/cli/launch/output.mjs'

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

test('LiteLLM is told in single lines, its installation every ten packages', () => {
  const say = (event: Record<string, unknown>) => describeEvent({ event: 'litellm', detail: null, ...event })
  assert.match(say({ state: 'provisioning', packages: 20, total: 120, megabytes: 34 }), /20 of 120 packages, 34 MB/)
  assert.equal(say({ state: 'provisioning', packages: 21, total: 120, megabytes: 34 }), '')
  assert.match(say({ state: 'ready', version: '1.2.3', port: 4002, swapping: false }), /^· LiteLLM 1\.2\.3 .* 4002\n$/)
  assert.match(say({ state: 'ready', swapping: true }), /replacement/)
  assert.match(say({ state: 'absent', detail: 'Install the package "python3".' }), /^! .*"python3"/)
  assert.equal(say({ state: 'idle' }), '')
})
