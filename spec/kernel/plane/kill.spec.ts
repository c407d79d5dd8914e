import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { build, stop } from 'esbuild'
import { LONG, ROOT, temporaryFolder } from '../../fixtures/paths.ts'
import { startDashboard, startGateway, until } from './rig.ts'

const KILLS = LONG ? 100 : 10

/** Built below the repository, so that packages resolve. */
async function buildChildren(t: TestContext): Promise<{ gateway: string; dashboard: string }> {
  mkdirSync(join(ROOT, '.runtime'), { recursive: true })
  const out = mkdtempSync(join(ROOT, '.runtime', 'plane-children-'))
  t.after(() => rmSync(out, { recursive: true, force: true }))
  const folder = join(ROOT, 'spec/kernel/plane/children')
  await build({
    entryPoints: [join(folder, 'gateway.ts'), join(folder, 'dashboard.ts')],
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    logLevel: 'error',
  })
  await stop()
  return { gateway: join(out, 'gateway.mjs'), dashboard: join(out, 'dashboard.mjs') }
}

interface Runner {
  /** Whole lines it printed, over all its lives. */
  readonly lines: string[]
  start(): void
  kill(): Promise<void>
}

function runner(t: TestContext, script: string, dataDir: string): Runner {
  const lines: string[] = []
  let child: ChildProcess | undefined
  const kill = async () => {
    const dying = child
    child = undefined
    if (dying === undefined || dying.exitCode !== null) return
    const closed = new Promise(resolve => dying.once('close', resolve))
    dying.kill('SIGKILL')
    await closed
  }
  t.after(kill)
  return {
    lines,
    kill,
    start() {
      let rest = ''
      child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
      child.stdout?.on('data', chunk => {
        const parts = (rest + chunk).split('\n')
        rest = parts.pop() ?? ''
        lines.push(...parts)
      })
    },
  }
}

test('with both ends killed again and again under traffic, every accepted record is taken exactly once', async t => {
  const scripts = await buildChildren(t)
  const dataDir = temporaryFolder(t)
  const gateway = runner(t, scripts.gateway, dataDir)
  const dashboard = runner(t, scripts.dashboard, dataDir)
  gateway.start()
  dashboard.start()
  await until(() => gateway.lines.length > 0, 'the first record')
  for (let n = 0; n < KILLS; n += 1) {
    for (const end of [gateway, dashboard]) {
      await sleep(100 + Math.random() * 300)
      await end.kill()
      end.start()
    }
  }
  const before = gateway.lines.length
  await until(() => gateway.lines.length > before, 'records after the last kill')
  await gateway.kill()
  await dashboard.kill()

  const last = await startDashboard(t, dataDir)
  const drain = await startGateway(t, dataDir)
  await until(() => last.plane.gateway().spool?.pending === 0, 'an empty spool')
  await drain.stop()
  const taken = last.taken()
  const once = new Set(taken)
  assert.equal(once.size, taken.length, 'nothing twice')
  assert.deepEqual(
    gateway.lines.filter(id => !once.has(id)),
    [],
    'nothing lost',
  )
  assert.ok(gateway.lines.length > KILLS)
  t.diagnostic(`${gateway.lines.length} records accepted, ${taken.length} taken, ${2 * KILLS} kills`)
})
