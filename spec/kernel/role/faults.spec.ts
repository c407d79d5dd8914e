import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { build } from 'esbuild'
import { ROOT, temporaryFolder } from '../../fixtures/paths.ts'

/** How a process ends in which this happens after it was told to handle faults with this kernel. */
async function end(t: TestContext, kernel: string, happening: string) {
  const folder = temporaryFolder(t)
  const entry = join(folder, 'entry.ts')
  writeFileSync(
    entry,
    `import { handleFaults } from ${JSON.stringify(join(ROOT, 'kernel/role/faults.ts'))}
     const log = { error: (fields, message) => console.log(message) }
     handleFaults(log, () => (${kernel}))
     setTimeout(() => console.log('went on'), 60)
     setTimeout(() => { ${happening} }, 5)`,
  )
  const outfile = join(folder, 'entry.mjs')
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' })
  const child = spawn(process.execPath, [outfile], { env: { ...process.env, NODE_TEST_CONTEXT: '' } })
  const told = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', chunk => {
      told[name] += String(chunk)
    })
  }
  const [code] = await once(child, 'close')
  return { code, ...told }
}

const HAPPENINGS = [`throw new Error('late')`, `void Promise.reject(new Error('late'))`]

test('an error of nobody ends the process with its stack, before and after there is a kernel', async t => {
  for (const kernel of ['undefined', '{ fault: () => false }']) {
    for (const happening of HAPPENINGS) {
      const { code, stdout, stderr } = await end(t, kernel, happening)
      assert.equal(code, 1)
      assert.equal(stdout, 'an error that nobody caught ends the process\n')
      assert.match(stderr, /Error: late\n\s+at /)
    }
  }
})

test('an error that the kernel deals with does not', async t => {
  for (const happening of HAPPENINGS) {
    assert.deepEqual(await end(t, '{ fault: () => true }', happening), { code: 0, stdout: 'went on\n', stderr: '' })
  }
})
