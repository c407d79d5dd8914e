import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { eventToken } from '../../../kernel/contract/index.ts'
import { createHub } from '../../../kernel/events/hub.ts'
import { type Line, recordingLog } from '../transaction/fixture.ts'

const PING = eventToken<number>('spec.ping', { permission: 'spec.read' })
const INNER = eventToken<number>('spec.inner')

function hub() {
  const lines: Line[] = []
  return { lines, hub: createHub({ log: recordingLog(lines), declared: () => [] }) }
}

describe('events', () => {
  it('arrive after the turn, in the order of emission, also those emitted by listeners', async () => {
    const { hub: events } = hub()
    const heard: string[] = []
    events.on(PING, n => {
      heard.push(`ping ${n}`)
      if (n === 1) events.emit(PING, 3)
    })
    events.emit(PING, 1)
    events.emit(PING, 2)
    assert.deepEqual(heard, [])
    await turn()
    await turn()
    assert.deepEqual(heard, ['ping 1', 'ping 2', 'ping 3'])
  })

  it('a listener that throws or rejects is logged, and the others hear', async () => {
    const { hub: events, lines } = hub()
    let heard = 0
    events.on(PING, () => {
      throw new Error('sync')
    })
    events.on(PING, async () => {
      throw new Error('async')
    })
    events.on(PING, n => {
      heard = n
    })
    events.emit(PING, 7)
    await turn()
    await turn()
    assert.equal(heard, 7)
    assert.deepEqual(
      lines.map(({ message, fields }) => [message, fields['event']]),
      [
        ['a listener threw', 'spec.ping@1'],
        ['a listener threw', 'spec.ping@1'],
      ],
    )
  })

  it('only those with a permission reach the taps, and a released listener hears nothing more', async () => {
    const { hub: events } = hub()
    const seen: string[] = []
    const untap = events.tap(({ id, permission, payload }) => void seen.push(`${id} ${permission} ${payload}`))
    const release = events.on(INNER, () => void seen.push('inner'))
    events.emit(PING, 1)
    events.emit(INNER, 1)
    await turn()
    void release()
    void untap()
    events.emit(PING, 2)
    events.emit(INNER, 2)
    await turn()
    assert.deepEqual(seen, ['spec.ping spec.read 1', 'inner'])
  })
})
