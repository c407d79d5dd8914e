import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { temporaryFolder } from '../../fixtures/paths.ts'
import { processesNaming } from '../../fixtures/product.ts'
import { makeRoot } from './fixture-root.ts'

interface Started {
  readonly child: ChildProcess
  readonly lines: string[]
  stderr(): string
  /** Resolves to the first event of this kind; rejects when the process ends without it. */
  event(name: string): Promise<Record<string, unknown>>
  readonly ended: Promise<number | null>
}

/** Runs a command in the clone and collects what it prints. */
function launch(
  t: TestContext,
  root: string,
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Started {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const lines: string[] = []
  const wakes = new Set<() => void>()
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += String(chunk)
  })
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    for (const wake of wakes) wake()
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
  })
  return {
    child,
    lines,
    stderr: () => stderr,
    ended,
    event: name =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.map(line => JSON.parse(line)).find(({ event }) => event === name)
          if (found) resolve(found)
        }
        wakes.add(look)
        look()
        void ended.then(code =>
          reject(new Error(`ended with ${code} without "${name}"\n${lines.join('\n')}\n${stderr}`)),
        )
      }),
  }
}

const flags = (data: string) => ['--json', '--data', data, '--dashboard-port', '0', '--model-port', '0']
const direct = (t: TestContext, root: string, args: readonly string[], env = {}) =>
  launch(t, root, process.execPath, [join(root, 'kernel/cli/launcher.mjs'), ...args], env)

test('npm start -- --json prints events alone, one ready with the keys, and SIGTERM to npm ends everything', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  const data = join(folder, 'data')
  const run = launch(t, root, 'npm', ['start', '--', ...flags(data)])
  const ready = await run.event('ready')
  assert.match(String(ready['dashboard']), /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.match(String(ready['model']), /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(ready['modelKey'], 'model-key')
  assert.equal(ready['apiKey'], 'api-key')
  run.child.kill('SIGTERM')
  assert.equal(await run.ended, 0)
  const gone = async () => (await processesNaming(data)).length === 0
  while (!(await gone())) await new Promise(done => setTimeout(done, 25))
  const events = run.lines.map(line => JSON.parse(line).event)
  assert.equal(events.filter(event => event === 'ready').length, 1)
  assert.deepEqual(readdirSync(join(data, 'run')), [])
})

test('a data folder has one product at a time; the second is told how to reach the first', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  const data = join(folder, 'data')
  const first = direct(t, root, ['start', ...flags(data)])
  const ready = await first.event('ready')
  const second = direct(t, root, ['start', ...flags(data)])
  assert.equal(await second.ended, 12)
  const [error] = second.lines.map(line => JSON.parse(line))
  assert.equal(error.code, 'RUN_DATA_LOCKED')
  assert.ok(error.message.includes(ready['dashboard']) && error.message.includes('clawnex open'))
  first.child.kill('SIGINT')
  assert.equal(await first.ended, 0)
  assert.deepEqual(readdirSync(join(data, 'run')), [])
})

test('keys are announced only when they were minted, and a killed product leaves nothing that keeps the next from starting', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  const data = join(folder, 'data')
  const first = direct(t, root, ['start', ...flags(data)])
  await first.event('ready')
  first.child.kill('SIGKILL')
  await first.ended
  const second = direct(t, root, ['start', ...flags(data)])
  const ready = await second.event('ready')
  assert.ok(!('modelKey' in ready) && !('apiKey' in ready))
  assert.match(String(ready['link']), /token/)
  assert.match(readFileSync(join(data, 'logs/gateway.log'), 'utf8'), /gateway is up/)
})

test('SIGHUP replaces both processes with a bundle of the current sources', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  const data = join(folder, 'data')
  const run = direct(t, root, ['start', ...flags(data)])
  await run.event('ready')
  const builds = () => readdirSync(join(root, '.runtime/build')).filter(name => /^main-.*mjs$/.test(name))
  const [before] = builds()
  const main = join(root, 'kernel/main.ts')
  writeFileSync(main, `${readFileSync(main, 'utf8')}\n// changed\nconsole.log('changed')\n`)
  run.child.kill('SIGHUP')
  const state = () => JSON.parse(readFileSync(join(data, 'run/supervisor.json'), 'utf8'))
  while (state().restarted !== 1) await new Promise(done => setTimeout(done, 25))
  assert.equal(builds().length, 2)
  assert.ok(builds().includes(before as string))
  assert.match(readFileSync(join(data, 'logs/dashboard.log'), 'utf8'), /changed/)
  run.child.kill('SIGTERM')
  assert.equal(await run.ended, 0)
})

test('a plane that cannot start decides the exit code; nothing is left', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  const data = join(folder, 'data')
  const run = direct(t, root, ['start', ...flags(data)], { FAKE_GATEWAY: 'fatal' })
  assert.equal(await run.ended, 12)
  assert.ok(run.lines.some(line => JSON.parse(line).code === 'RUN_PORT_TAKEN'))
  assert.deepEqual(readdirSync(join(data, 'run')), [])
  assert.deepEqual(await processesNaming(data), [])
})

test('an unknown flag is usage: exit 2, the flag named, the usage shown', async t => {
  const root = makeRoot(temporaryFolder(t))
  const run = direct(t, root, ['start', '--bogus'])
  assert.equal(await run.ended, 2)
  assert.match(run.stderr(), /--bogus/)
  assert.match(run.stderr(), /--dashboard-port N/)
  assert.ok(!existsSync(join(root, '.runtime')), 'nothing was prepared')
})

test('a data folder that cannot be written is refused', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  writeFileSync(join(folder, 'file'), '')
  const run = direct(t, root, ['start', ...flags(join(folder, 'file/data'))])
  assert.equal(await run.ended, 12)
  assert.equal(JSON.parse(run.lines[0] as string).code, 'RUN_DATA_READONLY')
})

test('a source that does not bundle is named with file and line', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  writeFileSync(join(root, 'kernel/main.ts'), 'const x = 1\nconst = 2\n')
  const run = direct(t, root, ['start', ...flags(join(folder, 'data'))])
  assert.equal(await run.ended, 1)
  const error = JSON.parse(run.lines.at(-1) as string)
  assert.equal(error.code, 'RUN_BUILD_FAILED')
  assert.match(error.message, /kernel\/main\.ts:2/)
})

test('./clawnex hands every other command over, from any folder and through a link, with its exit code', async t => {
  const folder = temporaryFolder(t)
  const root = makeRoot(folder)
  chmodSync(join(root, 'clawnex'), 0o755)
  mkdirSync(join(folder, 'bin'))
  const { symlinkSync } = await import('node:fs')
  symlinkSync('../clone/clawnex', join(folder, 'bin/clawnex'))
  const run = launch(t, join(folder, 'bin'), './clawnex', ['status', '--json'])
  assert.equal(await run.ended, 4)
  assert.deepEqual(run.lines, ['args status --json'])
})
