import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { exitCode } from '../../../kernel/cli/exit-codes.ts'
import { ROOT, temporaryFolder } from '../../fixtures/paths.ts'
import { startProduct } from '../../fixtures/product.ts'

/** Runs `./clawnex …` and collects what it prints. */
async function clawnex(...args: string[]) {
  const child = spawn(join(ROOT, 'clawnex'), args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', chunk => {
    out += String(chunk)
  })
  child.stderr.on('data', chunk => {
    err += String(chunk)
  })
  const [code] = await once(child, 'close')
  return { code: code as number, out, err }
}

test('the commands of a running product, from the first link to the end', async t => {
  const data = temporaryFolder(t)
  const product = await startProduct({ data, direct: true })
  t.after(() => product.stop())

  const status = await clawnex('status', '--json', '--data', data)
  const report = JSON.parse(status.out)
  assert.equal(report.dashboard.url, product.ready.dashboard)
  assert.equal(report.model.url, product.ready.model)
  assert.deepEqual([report.status, report.problems, status.code], ['ok', [], exitCode('ok')])

  const open = await clawnex('open', '--data', data)
  const entered = await fetch(open.out.trim(), { redirect: 'manual' })
  assert.ok(entered.headers.get('set-cookie'), 'the link becomes a session')

  const listed = JSON.parse((await clawnex('plugin', 'list', '--json', '--data', data)).out)
  assert.ok(listed.some((plugin: { id: string; state: string }) => plugin.id === 'rbac' && plugin.state === 'active'))
  const reloaded = await clawnex('plugin', 'reload', 'traffic', '--json', '--data', data)
  assert.equal(JSON.parse(reloaded.out).result, 'swapped')
  assert.match((await clawnex('plugin', 'reload', 'nobody', '--data', data)).err, /nobody/)
  assert.match((await clawnex('logs', '--data', data)).out, /plugin swapped/)

  assert.equal((await clawnex('restart', '--data', data)).code, 0)
  const after = await fetch(`${product.ready.dashboard}/api/health`)
  assert.equal(after.status, 200, 'the same address after a restart')

  const stopped = await clawnex('stop', '--json', '--data', data)
  assert.deepEqual(JSON.parse(stopped.out), { stopped: product.child.pid })
  assert.equal(await product.stop(), 0)
  assert.equal((await clawnex('status', '--data', data)).code, exitCode('notRunning'))
})

test('without a product every command says that nothing runs, with exit code 3', async t => {
  const data = temporaryFolder(t)
  for (const command of [['status'], ['open'], ['stop'], ['restart'], ['plugin', 'list']]) {
    const { code, err, out } = await clawnex(...command, '--data', data)
    assert.equal(code, 3, command.join(' '))
    assert.match(err, /does not run on/)
    assert.equal(out, '')
  }
  assert.deepEqual(JSON.parse((await clawnex('status', '--json', '--data', data)).out), { status: 'not running' })
})

test('a mistyped command or flag is usage and suggests the nearest', async () => {
  const { code, err } = await clawnex('statsu')
  assert.equal(code, 2)
  assert.match(err, /status/)
  assert.equal((await clawnex('status', '--bogus')).code, 2)
  assert.equal((await clawnex('logs', '--lines', 'many')).code, 2)
})

test('help shows the commands of plugins and the exit codes; a command of a plugin runs without a server', async t => {
  const help = await clawnex('help')
  assert.equal(help.code, 0)
  assert.match(help.out, /status[\s\S]*scan/)
  assert.match((await clawnex('help', 'exit-codes')).out, /^ +12 {2}refused/m)
  assert.match((await clawnex('help', 'scan')).out, /scan/)
  const scan = await clawnex('scan', '--data', temporaryFolder(t), 'hello there')
  assert.equal(scan.code, 0)
  assert.match(scan.out, /allow/)
})
