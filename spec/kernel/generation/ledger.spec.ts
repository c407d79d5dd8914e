import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Ledger } from '../../../kernel/generation/ledger.ts'

const newLedger = (undoTimeout = 50) => new Ledger({ plugin: 'alpha', generation: 1, undoTimeout })

describe('ledger', () => {
  it('undoes in reverse order exactly what was opened, wherever the openings stop', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 14 }), async (count, failing) => {
        const ledger = newLedger()
        const open: number[] = []
        const undone: number[] = []
        try {
          for (let n = 0; n < count; n += 1) {
            await ledger.open(`effect ${n}`, () => {
              if (n === failing) throw new Error('nth')
              open.push(n)
              return () => void undone.push(n)
            })
          }
        } catch (error) {
          assert.equal((error as Error).message, 'nth')
        }
        await ledger.close()
        assert.deepEqual(undone, [...open].reverse())
        assert.deepEqual(ledger.labels, [])
      }),
    )
  })

  it('an undo that throws or hangs does not keep the others from running, and is named', async () => {
    const ledger = newLedger(20)
    const undone: string[] = []
    await ledger.open('first', () => () => void undone.push('first'))
    await ledger.open('throws', () => () => {
      throw new Error('broken')
    })
    await ledger.open('hangs', () => () => new Promise<void>(() => {}))
    await ledger.open('last', async () => async () => void undone.push('last'))
    await assert.rejects(ledger.close(), error => {
      assert.equal((error as { code?: string }).code, 'PLG_UNDO_FAILED')
      assert.match((error as { detail?: string }).detail ?? '', /hangs: did not return within 20 ms; throws: broken/)
      return true
    })
    assert.deepEqual(undone, ['last', 'first'])
  })

  it('refuses newcomers once closed and undoes what was just being opened', async () => {
    const ledger = newLedger()
    const { promise, resolve } = Promise.withResolvers<void>()
    let undone = false
    const late = ledger.open('slow', async () => {
      await promise
      return () => {
        undone = true
      }
    })
    await ledger.close()
    resolve()
    await assert.rejects(late, /came after its generation had ended/)
    assert.equal(undone, true)
    await assert.rejects(
      ledger.open('new', () => () => {}),
      /came after/,
    )
  })

  it('an effect without an undo is refused', async () => {
    await assert.rejects(newLedger().open('none', (() => undefined) as never), /must return its undo/)
  })
})
