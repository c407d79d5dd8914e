import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitCode } from '../../../kernel/cli/exit-codes.ts'
import { exitNameOf, LAUNCH_ERRORS, readExitCodes } from '../../../kernel/cli/launch/errors.mjs'
import { RUN_ERRORS } from '../../../kernel/contract/index.ts'
import { ROOT } from '../../fixtures/paths.ts'

test("the launcher's errors have the catalogue's words", () => {
  const catalogue: Readonly<Record<string, { title: string; action: string }>> = RUN_ERRORS
  for (const [code, { title, action }] of Object.entries(LAUNCH_ERRORS)) {
    assert.deepEqual({ title, action }, { title: catalogue[code]?.title, action: catalogue[code]?.action }, code)
  }
})

test('exit codes: launcher and commands read one table', () => {
  const read = readExitCodes(ROOT)
  for (const name of ['ok', 'failed', 'usage', 'notRunning', 'degraded', 'refused', 'interrupted'] as const) {
    assert.equal(read(name), exitCode(name))
  }
  for (const { exit } of Object.values(LAUNCH_ERRORS)) assert.ok(read(exit) > 0, exit)
})

test('what the operator must change first is refused by preflight, a mistyped line is usage, the rest failed', () => {
  assert.equal(exitNameOf('RUN_PORT_TAKEN'), 'refused')
  assert.equal(exitNameOf('RUN_DATABASE_DAMAGED'), 'refused')
  assert.equal(exitNameOf('RUN_USAGE'), 'usage')
  assert.equal(exitNameOf('RUN_FAILED'), 'failed')
})
