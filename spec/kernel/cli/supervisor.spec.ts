import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createSupervisor } from '../../../kernel/cli/launch/supervisor.mjs'
import { ROOT, temporaryFolder } from '../../fixtures/paths.ts'

type Role = 'gateway' | 'dashboard'
interface Told {
  readonly kind: string
  readonly role?: Role
  readonly state?: string
  readonly pid?: number
  readonly [key: string]: unknown
}

const ROLES: readonly Role[] = ['gateway', 'dashboard']

/** A supervisor over scripted processes, and everything it told. */
function supervise(t: TestContext, behaviour: Partial<Record<Role, string>> = {}) {
  const data = temporaryFolder(t)
  const told: Told[] = []
  const wakes = new Set<() => void>()
  const tell = (entry: Told) => {
    told.push(entry)
    for (const wake of wakes) wake()
  }
  const supervisor = createSupervisor({
    roles: ROLES,
    spawn(role, port) {
      const script = join(ROOT, 'spec/fixtures/planes/fake-plane.mjs')
      const ports = ['--dashboard-port', String(port ?? 0), '--model-port', String(port ?? 0)]
      return spawn(process.execPath, [script, '--role', role, '--data', data, ...ports], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: { FAKE_GATEWAY: behaviour.gateway, FAKE_DASHBOARD: behaviour.dashboard },
      })
    },
    listener: {
      child: (role, state, details) => tell({ kind: 'child', role, state, ...details }),
      ready: ready => tell({ kind: 'ready', ready }),
      progress: text => tell({ kind: 'progress', text }),
      event: event => tell({ kind: 'event', event }),
      fatal: fatal => tell({ kind: 'fatal', ...fatal }),
    },
  })
  t.after(() => supervisor.stop(0))
  /** Resolves to the first entry from `since` on that fits; the test's own timeout bounds the wait. */
  const until = (fits: (entry: Told) => boolean, since = 0): Promise<Told> =>
    new Promise(resolve => {
      const look = () => {
        const found = told.slice(since).find(fits)
        if (found === undefined) return
        wakes.delete(look)
        resolve(found)
      }
      wakes.add(look)
      look()
    })
  return { supervisor, told, until }
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // No such process.
    return false
  }
}
const started = (told: readonly Told[], role?: Role) =>
  told.filter(({ kind, state, ...rest }) => kind === 'child' && state === 'starting' && (!role || rest.role === role))

test('both planes start together and are announced once, also after one of them came back', async t => {
  const { supervisor, told, until } = supervise(t)
  supervisor.start()
  const { ready } = (await until(({ kind }) => kind === 'ready')) as unknown as {
    ready: Record<Role, { port: number; link?: string }>
  }
  assert.match(String(ready.dashboard.link), /open\?token=/)
  const [first] = started(told, 'gateway')
  const before = told.length
  process.kill(first?.pid as number, 'SIGKILL')
  const exit = await until(({ role, state }) => role === 'gateway' && state === 'exited', before)
  assert.ok(Number(exit['backInMs']) < 1000)
  assert.equal(exit['signal'], 'SIGKILL')
  const back = await until(({ role, state }) => role === 'gateway' && state === 'ready', before)
  assert.equal(back['port'], ready.gateway.port, 'the port stays')
  assert.equal(told.filter(({ kind }) => kind === 'ready').length, 1)
  assert.equal(started(told, 'dashboard').length, 1, 'the other plane was left alone')
})

test('stop asks both planes to end and leaves no process', async t => {
  const { supervisor, told, until } = supervise(t)
  supervisor.start()
  await until(({ kind }) => kind === 'ready')
  await supervisor.stop(1_000)
  assert.deepEqual(await supervisor.ended, {})
  for (const { pid } of started(told)) assert.ok(!isAlive(pid as number))
})

test('a plane that does not hear is killed once the deadline is over', async t => {
  const { supervisor, told, until } = supervise(t, { gateway: 'deaf' })
  supervisor.start()
  await until(({ kind }) => kind === 'ready')
  await supervisor.stop(0)
  for (const { pid } of started(told)) assert.ok(!isAlive(pid as number))
  const last = told.filter(({ role, state }) => role === 'gateway' && state === 'stopped').at(-1)
  assert.equal(last?.['signal'], 'SIGKILL')
})

test('stop in the middle of a start does not wait for the drain', async t => {
  const { supervisor, told, until } = supervise(t, { gateway: 'slow' })
  supervisor.start()
  await until(({ role, state }) => role === 'dashboard' && state === 'ready')
  await supervisor.stop(60_000)
  const last = told.filter(({ role, state }) => role === 'gateway' && state === 'stopped').at(-1)
  assert.equal(last?.['signal'], 'SIGTERM')
})

test('a plane that cannot start ends the product with its own words', async t => {
  const { supervisor, told, until } = supervise(t, { gateway: 'fatal' })
  supervisor.start()
  const fatal = await until(({ kind }) => kind === 'fatal')
  assert.equal(fatal['code'], 'RUN_PORT_TAKEN')
  assert.equal(fatal['action'], 'Choose another.')
  const { fatal: outcome } = await supervisor.ended
  assert.equal(outcome?.code, 'RUN_PORT_TAKEN')
  for (const { pid } of started(told)) assert.ok(!isAlive(pid as number))
  assert.equal(started(told, 'gateway').length, 1, 'no second try')
})

test('the same refusal later is told and tried again: the product goes on', async t => {
  const { supervisor, told, until } = supervise(t, { dashboard: 'fatal-later' })
  supervisor.start()
  await until(({ kind }) => kind === 'ready')
  process.kill(started(told, 'dashboard')[0]?.pid as number, 'SIGKILL')
  await until(({ kind }) => kind === 'fatal')
  const before = told.length
  await until(({ role, state }) => role === 'dashboard' && state === 'starting', before)
  assert.equal(started(told, 'gateway').length, 1)
})

test('a plane that crashes before it was ever ready is given up after five exits, with what it said', async t => {
  const { supervisor, told } = supervise(t, { dashboard: 'crash' })
  supervisor.start()
  const { fatal } = await supervisor.ended
  assert.equal(fatal?.code, 'RUN_CHILD_FAILING')
  assert.match(String(fatal?.message), /cannot find the moon/)
  assert.equal(started(told, 'dashboard').length, 5)
})

test('five deaths within ten seconds bring a pause', async t => {
  const { supervisor, told, until } = supervise(t)
  supervisor.start()
  await until(({ kind }) => kind === 'ready')
  let since = 0
  for (let death = 1; death <= 5; death++) {
    const ready = await until(({ role, state }) => role === 'gateway' && state === 'ready', since)
    since = told.length
    process.kill(ready.pid as number, 'SIGKILL')
    const exit = await until(
      ({ role, state }) => role === 'gateway' && (state === 'exited' || state === 'waiting'),
      since,
    )
    if (death < 5) assert.ok(Number(exit['backInMs']) < 500)
    else assert.ok(Number(exit['backInMs']) >= 1000)
  }
})

test('restart replaces one process after the other', async t => {
  const { supervisor, told, until } = supervise(t)
  supervisor.start()
  await until(({ kind }) => kind === 'ready')
  const before = started(told).map(({ pid }) => pid)
  await supervisor.restart(1_000)
  const after = started(told).map(({ pid }) => pid)
  assert.equal(after.length, 4)
  assert.ok(!told.some(({ state }) => state === 'exited'), 'a wanted end is no death')
  for (const pid of before) assert.ok(!isAlive(pid as number))
  const order = told.flatMap(({ kind, role, state }) =>
    kind === 'child' && state !== 'exited' ? [`${role} ${state}`] : [],
  )
  assert.deepEqual(order.slice(-4), ['gateway starting', 'gateway ready', 'dashboard starting', 'dashboard ready'])
})
