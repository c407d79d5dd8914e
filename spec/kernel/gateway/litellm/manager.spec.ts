import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { bornAt } from '../../../../kernel/cli/launch/process-identity.mjs'
import { RunError } from '../../../../kernel/contract/index.ts'
import { temporaryFolder } from '../../../fixtures/paths.ts'
import { startUpstream } from '../../../fixtures/upstream.ts'
import { isReady, provider, type Rig, startManager } from './rig.ts'

const isRunning = (pid: number | null): boolean => pid !== null && bornAt(pid) !== undefined

async function serve(rig: Rig, ids: readonly string[], baseUrl = 'http://127.0.0.1:9/v1'): Promise<void> {
  rig.manager.configure(ids.map(id => provider(id, baseUrl)))
  rig.manager.begin()
  await rig.until('ready', () => isReady(rig))
}

async function call(rig: Rig, id: string): Promise<number> {
  const endpoint = rig.manager.endpoint(id)
  if (endpoint === null) return 0
  const { origin } = new URL(endpoint.baseUrl)
  rig.inFlight.set(origin, (rig.inFlight.get(origin) ?? 0) + 1)
  try {
    const answer = await fetch(`${endpoint.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { ...endpoint.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ model: `${id}/m`, messages: [] }),
    })
    await answer.text()
    return answer.status
  } finally {
    rig.inFlight.set(origin, (rig.inFlight.get(origin) ?? 1) - 1)
  }
}

test('it serves the providers of the table once every API answered the canary, and no other', async t => {
  const rig = startManager(t)
  assert.equal(rig.manager.endpoint('up'), null)
  await serve(rig, ['up'])
  assert.notEqual(rig.manager.endpoint('up'), null)
  assert.equal(rig.manager.endpoint('other'), null)
  const { pid, port, version, addedMs, switches } = rig.manager.status()
  assert.ok(isRunning(pid))
  assert.equal(new URL(rig.manager.endpoint('up')?.baseUrl ?? '').port, String(port))
  assert.deepEqual([version, switches, (addedMs ?? 0) > 0], ['0-fake', 1, true])
  assert.deepEqual(
    rig.told.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]),
    ['provisioning', 'starting', 'ready'],
  )
})

test('without a provider nothing runs, and off touches nothing at all', async t => {
  const idle = startManager(t)
  idle.manager.begin()
  await idle.until('idle', () => idle.manager.status().state === 'idle')
  assert.equal(idle.manager.status().pid, null)
  const off = startManager(t, { mode: 'off' })
  off.manager.configure([provider('up', 'http://127.0.0.1:9/v1')])
  off.manager.begin()
  await wait(50)
  assert.equal(off.manager.status().state, 'off')
  assert.equal(off.manager.expected(), false)
  assert.deepEqual(readdirSync(off.dataDir), [])
  assert.throws(() => off.manager.restart(), { code: 'RUN_LITELLM' })
})

test('its environment is explicit, its configuration names no secret and goes with the process', async t => {
  const key = `spec-${Math.random().toString(36).slice(2)}`
  const rig = startManager(t, {
    env: { PYTHONDONTWRITEBYTECODE: '1', OPENAI_API_KEY: 'x', DATABASE_URL: 'x', SSL_CERT_FILE: '/certs', PATH: '/x' },
  })
  rig.manager.configure([
    provider('up', 'https://up.example.com/v1', { key }),
    provider('local', 'http://127.0.0.1:9/v1'),
  ])
  rig.manager.begin()
  await rig.until('ready', () => isReady(rig))
  const endpoint = rig.manager.endpoint('up')
  const { origin } = new URL(endpoint?.baseUrl ?? '')
  const env = (await (await fetch(`${origin}/env`, { headers: endpoint?.headers ?? {} })).json()) as Record<
    string,
    string
  >
  assert.equal(env['CX_UP_1'], key)
  assert.equal(env['SSL_CERT_FILE'], '/certs')
  const names = Object.keys(env).filter(
    name => !/^(CX_UP_1|SSL_CERT_FILE|LITELLM_\w+|NO_(DOCS|REDOC|OPENAPI)|HOME|PATH)$/.test(name),
  )
  assert.deepEqual(names, [])
  const folder = join(rig.dataDir, 'litellm')
  const name = readdirSync(folder).find(entry => entry.startsWith('config-')) ?? ''
  const text = readFileSync(join(folder, name), 'utf8')
  assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  for (const secret of [key, env['LITELLM_MASTER_KEY'] ?? '']) assert.equal(text.includes(secret), false)
  assert.deepEqual(Object.keys(JSON.parse(text)).sort(), [
    'general_settings',
    'litellm_settings',
    'model_list',
    'router_settings',
  ])
  assert.ok(JSON.parse(text).general_settings.allowed_routes.includes('/v1/messages'))
  await rig.manager.stop(2_000)
  assert.equal(existsSync(join(folder, name)), false)
  assert.deepEqual(readdirSync(join(folder, 'run')), [])
})

test('a change of providers replaces the process, and no call fails', async t => {
  const upstream = await startUpstream()
  t.after(() => upstream.close())
  const rig = startManager(t)
  await serve(rig, ['up'], upstream.url)
  const first = rig.manager.status().pid
  let going = true
  const results: number[] = []
  const load = (async () => {
    while (going) results.push(await call(rig, 'up'))
  })()
  rig.manager.configure([provider('up', upstream.url), provider('new', upstream.url)])
  await rig.until('the new provider', () => rig.manager.endpoint('new'))
  rig.manager.restart()
  await rig.until('the next switch', () => rig.manager.status().switches === 3)
  await rig.until('the end of the first', () => !isRunning(first))
  going = false
  await load
  assert.ok(results.length > 5)
  assert.deepEqual([...new Set(results)], [200])
  assert.equal(await call(rig, 'new'), 200)
})

test('the same table again, in any order, replaces nothing', async t => {
  const rig = startManager(t)
  await serve(rig, ['a', 'b'])
  rig.manager.configure(['b', 'a'].map(id => provider(id, 'http://127.0.0.1:9/v1')))
  await wait(100)
  assert.equal(rig.manager.status().switches, 1)
})

test('a replaced process lives until the calls on it are over', async t => {
  const rig = startManager(t)
  await serve(rig, ['up'])
  const { pid, port } = rig.manager.status()
  rig.inFlight.set(`http://127.0.0.1:${port}`, 1)
  rig.manager.restart()
  await rig.until('the switch', () => rig.manager.status().switches === 2)
  await wait(300)
  assert.ok(isRunning(pid), 'a stream still runs on it')
  rig.inFlight.delete(`http://127.0.0.1:${port}`)
  await rig.until('its end', () => !isRunning(pid))
})

test('a replacement that does not start changes nothing, and what is wrong is told', async t => {
  const rig = startManager(t)
  await serve(rig, ['up'])
  const { pid } = rig.manager.status()
  rig.fault('no-start')
  rig.manager.restart()
  await rig.until('the failure', () => rig.manager.status().detail)
  const { state, detail } = rig.manager.status()
  assert.deepEqual([state, rig.manager.status().pid], ['ready', pid])
  assert.match(detail ?? '', /told not to start/)
  assert.notEqual(rig.manager.endpoint('up'), null)
})

test('a process that answers, but not the canary, never takes over', async t => {
  const rig = startManager(t)
  rig.fault('wrong-canary')
  rig.manager.configure([provider('up', 'http://127.0.0.1:9/v1')])
  rig.manager.begin()
  await rig.until('failed', () => rig.manager.status().state === 'failed')
  assert.equal(rig.manager.endpoint('up'), null)
  assert.match(rig.manager.status().detail ?? '', /canary/)
  rig.fault('none')
  await rig.until('ready at last', () => isReady(rig))
})

test('a process that dies comes back; one that hangs is ended and comes back', async t => {
  const rig = startManager(t)
  await serve(rig, ['up'])
  const { pid } = rig.manager.status()
  process.kill(pid as number, 'SIGKILL')
  await rig.until('the crash', () => rig.manager.status().crashes === 1)
  assert.equal(rig.manager.endpoint('up'), null)
  await rig.until('the next one', () => isReady(rig))
  rig.fault('sick-later')
  rig.manager.restart()
  await rig.until('the sick one', () => rig.manager.status().switches === 3)
  rig.fault('none')
  await rig.until('its end', () => rig.manager.status().crashes === 2)
  await rig.until('a healthy one', () => rig.manager.status().switches === 4)
})

test('a foreign process on the port is neither called nor ended', async t => {
  let asked = 0
  const foreign = createServer((_request, response) => {
    asked += 1
    response.end('{}')
  })
  await new Promise<void>(resolve => foreign.listen(0, '127.0.0.1', resolve))
  t.after(() => foreign.close())
  const { port } = foreign.address() as AddressInfo
  const rig = startManager(t, { preferredPort: port })
  await serve(rig, ['up'])
  assert.notEqual(rig.manager.status().port, port)
  assert.deepEqual([asked, foreign.listening], [0, true])
})

test('what a killed gateway left is ended; a pid that someone else has now is not', async t => {
  const dataDir = temporaryFolder(t)
  const run = join(dataDir, 'litellm', 'run')
  mkdirSync(run, { recursive: true })
  const note = (name: string, text: string) => writeFileSync(join(run, name), text)
  const orphan = sleeper(t)
  const stranger = sleeper(t)
  note('1.pid', JSON.stringify({ pid: orphan.pid, born: bornAt(orphan.pid as number) }))
  note('2.pid', JSON.stringify({ pid: stranger.pid, born: '1' }))
  note('3.pid', '{"pid":')
  note('4.pid', JSON.stringify({ pid: 1, born: bornAt(1) }))
  writeFileSync(join(dataDir, 'litellm', 'config-old.yaml'), '{}')
  const rig = startManager(t, { dataDir })
  rig.manager.begin()
  await rig.until('idle', () => rig.manager.status().state === 'idle')
  assert.equal(isRunning(orphan.pid ?? null), false)
  assert.equal(isRunning(stranger.pid ?? null), true)
  assert.deepEqual(readdirSync(run), [])
  assert.equal(existsSync(join(dataDir, 'litellm', 'config-old.yaml')), false)
})

function sleeper(t: TestContext): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  return child
}

test('a machine without what it takes is told once; required refuses to be ready', async t => {
  const install = async () => {
    throw new RunError('RUN_LITELLM', { detail: 'Install the package "python3-venv".' })
  }
  const rig = startManager(t, { mode: 'required', install })
  assert.equal(rig.manager.gap(), 'LiteLLM is provisioning')
  const ready = rig.manager.ready()
  rig.manager.begin()
  await assert.rejects(ready, { code: 'RUN_LITELLM', detail: /python3-venv/ })
  const { state, detail } = rig.manager.status()
  assert.deepEqual([state, detail], ['absent', 'Install the package "python3-venv".'])
  assert.equal(rig.manager.expected(), false)
})

test('required is ready with a serving process, also without a provider', async t => {
  const rig = startManager(t, { mode: 'required' })
  rig.manager.begin()
  await rig.manager.ready()
  assert.equal(rig.manager.gap(), null)
})

test('an installation that fails is tried again, and the order to provision tries at once', async t => {
  let tries = 0
  const rig = startManager(t, {
    install: async () => {
      tries += 1
      if (tries === 1) throw new Error('no network')
      return { command: [process.execPath, '-e', ''], version: '1' }
    },
    timings: { retryMs: 100_000, retryLastMs: 100_000 },
  })
  rig.manager.begin()
  await rig.until('the failure', () => rig.manager.status().state === 'failed')
  assert.equal(rig.manager.status().detail, 'no network')
  rig.manager.provision()
  await rig.until('the installation', () => rig.manager.status().version === '1')
})
