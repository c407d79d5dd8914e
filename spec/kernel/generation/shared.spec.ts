import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SharedPool } from '../../../kernel/generation/shared.ts'

function counted() {
  const log: string[] = []
  let opened = 0
  const open = async () => {
    opened += 1
    const n = opened
    log.push(`open ${n}`)
    return { value: n, close: async () => void log.push(`close ${n}`) }
  }
  return { log, open }
}

describe('shared resources', () => {
  it('open once for all users and close with the last, however often one releases', async () => {
    const pool = new SharedPool()
    const { log, open } = counted()
    const [first, second] = await Promise.all([pool.take('k', open), pool.take('k', open)])
    assert.deepEqual([first.value, second.value], [1, 1])
    await first.release()
    await first.release()
    assert.deepEqual(log, ['open 1'])
    await second.release()
    assert.deepEqual(log, ['open 1', 'close 1'])
    assert.equal((await pool.take('k', open)).value, 2)
  })

  it('do not open again before the closing is over', async () => {
    const pool = new SharedPool()
    const log: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = await pool.take('k', async () => ({
      value: 1,
      close: async () => {
        await promise
        log.push('closed')
      },
    }))
    const closing = first.release()
    const again = pool.take('k', async () => {
      log.push('opened')
      return { value: 2, close() {} }
    })
    resolve()
    await closing
    assert.equal((await again).value, 2)
    assert.deepEqual(log, ['closed', 'opened'])
  })

  it('a failed opening fails all who wait and leaves nothing behind', async () => {
    const pool = new SharedPool()
    const fail = async () => {
      throw new Error('port taken')
    }
    const results = await Promise.allSettled([pool.take('k', fail), pool.take('k', fail)])
    assert.ok(results.every(({ status }) => status === 'rejected'))
    assert.deepEqual(pool.keys, [])
    assert.equal((await pool.take('k', counted().open)).value, 1)
  })

  it('a closing that throws is told to the one who released and blocks nobody', async () => {
    const pool = new SharedPool()
    const first = await pool.take('k', async () => ({
      value: 1,
      close() {
        throw new Error('stuck')
      },
    }))
    await assert.rejects(first.release(), /stuck/)
    assert.equal((await pool.take('k', counted().open)).value, 1)
  })
})
