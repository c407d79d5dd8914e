import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBackoff } from '../../../kernel/cli/launch/backoff.mjs'

test('four exits within ten seconds are answered within a second, the fifth waits', () => {
  const backoff = createBackoff()
  const delays = [0, 500, 1000, 1500, 2000].map(at => backoff.next(at).delayMs)
  assert.ok(
    delays.slice(0, 4).every(delay => delay < 500),
    String(delays),
  )
  assert.ok(delays[4]! >= 1000, String(delays))
})

test('waits double up to half a minute while it keeps ending', () => {
  const backoff = createBackoff()
  let now = 0
  const delays: number[] = []
  for (let exit = 0; exit < 14; exit++) {
    const { delayMs } = backoff.next(now)
    delays.push(delayMs)
    now += delayMs + 50
  }
  for (let index = 5; index < delays.length; index++) assert.ok(delays[index]! >= delays[index - 1]!)
  assert.equal(delays.at(-1), 30_000)
})

test('exits far apart never wait', () => {
  const backoff = createBackoff()
  for (let exit = 0; exit < 20; exit++) assert.ok(backoff.next(exit * 3_000).delayMs < 500)
})

test('a process that lived through a window starts over', () => {
  const backoff = createBackoff()
  for (let exit = 0; exit < 7; exit++) backoff.next(exit)
  assert.ok(backoff.next(60_000).delayMs < 500)
})
