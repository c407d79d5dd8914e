import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { build } from 'esbuild'
import { ERRORS } from '../../../kernel/contract/index.ts'
import { ROOT, temporaryFolder } from '../../fixtures/paths.ts'

/** What a plane's process tells its supervisor when its start fails with this error. */
async function tell(t: TestContext, error: string) {
  const folder = temporaryFolder(t)
  const source = (path: string) => JSON.stringify(join(ROOT, path))
  const entry = join(folder, 'entry.ts')
  writeFileSync(
    entry,
    `import { RunError } from ${source('kernel/contract/index.ts')}
     import { reportFatal } from ${source('kernel/role/process.ts')}
     reportFatal(${error})`,
  )
  const outfile = join(folder, 'entry.mjs')
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' })
  const child = fork(outfile, { silent: true })
  let stderr = ''
  child.stderr?.on('data', chunk => {
    stderr += String(chunk)
  })
  const [[message], [code]] = await Promise.all([once(child, 'message'), once(child, 'close')])
  return { message, code, stderr }
}

test('a start that fails for a known reason is told in the words of the catalogue', async t => {
  const { message, code, stderr } = await tell(t, "new RunError('RUN_PORT_TAKEN', { detail: 'It is 5001.' })")
  const { title, action } = ERRORS.RUN_PORT_TAKEN
  assert.deepEqual(message, { type: 'fatal', code: 'RUN_PORT_TAKEN', message: `${title} It is 5001.`, action })
  assert.deepEqual([code, stderr], [1, ''])
})

test('any other reason is RUN_FAILED, with its message and the stack in the log', async t => {
  const { message, code, stderr } = await tell(t, "new Error('nobody expected this')")
  const { action } = ERRORS.RUN_FAILED
  assert.deepEqual(message, { type: 'fatal', code: 'RUN_FAILED', message: 'nobody expected this', action })
  assert.equal(code, 1)
  assert.match(stderr, /Error: nobody expected this\n\s+at /)
})
