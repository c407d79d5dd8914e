import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkJob, Jobs } from '../../../kernel/jobs/jobs.ts'
import { type Line, recordingLog } from '../transaction/fixture.ts'

function owner(plugin = 'alpha') {
  const lines: Line[] = []
  const state = { holds: 0, most: 0 }
  return {
    lines,
    state,
    abort: new AbortController(),
    as: {
      plugin,
      log: recordingLog(lines),
      signal: new AbortController().signal,
      hold() {
        state.holds += 1
        state.most = Math.max(state.most, state.holds)
        return () => {
          state.holds -= 1
        }
      },
    },
  }
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !what(); tries += 1) await sleep(5)
  assert.ok(what(), 'it never came')
}

describe('jobs', () => {
  it('run at start and again after each end, holding their generation only while they run', async () => {
    const jobs = new Jobs()
    const { as, state } = owner()
    let runs = 0
    const stop = jobs.start(as, [
      {
        name: 'tick',
        every: 5,
        atStart: true,
        run: () => {
          runs += 1
        },
      },
    ])
    await until(() => runs >= 3)
    stop()
    const then = runs
    await sleep(20)
    assert.equal(runs, then)
    assert.deepEqual(state, { holds: 0, most: 1 })
  })

  it('never overlap, not even across a swap', async () => {
    const jobs = new Jobs()
    let running = 0
    let most = 0
    const run = async () => {
      running += 1
      most = Math.max(most, running)
      await sleep(30)
      running -= 1
    }
    const old = owner()
    const stopOld = jobs.start(old.as, [{ name: 'slow', every: 5, atStart: true, run }])
    await until(() => running === 1)
    stopOld()
    let fresh = 0
    const stopFresh = jobs.start(owner().as, [
      {
        name: 'slow',
        every: 5,
        atStart: true,
        run: async () => {
          fresh += 1
          await run()
        },
      },
    ])
    await until(() => fresh >= 2)
    stopFresh()
    assert.equal(most, 1)
  })

  it('a run that throws is logged and counted, and the job goes on', async () => {
    const jobs = new Jobs()
    const { as, lines } = owner()
    const stop = jobs.start(as, [
      {
        name: 'bad',
        every: 2,
        atStart: true,
        run() {
          throw new Error('no')
        },
      },
    ])
    await until(() => (jobs.counts.get('alpha/bad')?.failures ?? 0) >= 2)
    stop()
    assert.ok(lines.every(({ level, fields }) => level === 'error' && fields['job'] === 'bad'))
  })

  it('run on a cron expression', async () => {
    const jobs = new Jobs()
    let runs = 0
    const stop = jobs.start(owner().as, [
      {
        name: 'each second',
        every: '* * * * * *',
        run: () => {
          runs += 1
        },
      },
    ])
    await until(() => runs > 0)
    stop()
  })

  it('a schedule that makes no sense is refused by name', () => {
    const job = { name: 'x', run() {} }
    for (const every of [0, -1, Number.NaN, 2 ** 31, 'nonsense', '61 * * * *']) {
      assert.throws(() => checkJob({ ...job, every }), /job "x"/, String(every))
    }
    checkJob({ ...job, every: '*/5 * * * *' })
  })
})
