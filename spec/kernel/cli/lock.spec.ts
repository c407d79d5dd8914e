import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tryLock, withLock } from '../../../kernel/cli/launch/lock.mjs'
import { bornAt, isAlive, thisProcess } from '../../../kernel/cli/launch/process-identity.mjs'
import { temporaryFolder } from '../../fixtures/paths.ts'

test('a held lock names its owner; a released one leaves no file', t => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'a.lock')
  const first = tryLock(path)
  assert.ok('release' in first)
  assert.deepEqual(tryLock(path), { owner: thisProcess() })
  first.release()
  assert.deepEqual(readdirSync(folder), [])
})

test('a lock of a dead process, of a reused pid, or without content is taken over', async t => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'a.lock')
  const child = spawn(process.execPath, ['-e', ''])
  const born = bornAt(child.pid as number)
  await once(child, 'exit')
  for (const content of [
    JSON.stringify({ pid: child.pid, born }),
    JSON.stringify({ pid: process.pid, born: 'an earlier process with this pid' }),
    '',
  ]) {
    writeFileSync(path, content)
    const lock = tryLock(path)
    assert.ok('release' in lock, content)
    lock.release()
  }
  assert.deepEqual(readdirSync(folder), [])
})

test('work under one lock never overlaps, and a failing one releases it', async t => {
  const path = join(temporaryFolder(t), 'a.lock')
  let inside = 0
  const work = async () => {
    inside += 1
    assert.equal(inside, 1)
    await new Promise(done => setTimeout(done, 5))
    inside -= 1
  }
  await assert.rejects(
    withLock(path, () => Promise.reject(new Error('broken'))),
    /broken/,
  )
  await Promise.all(Array.from({ length: 4 }, () => withLock(path, work)))
})

test('a process is the same only while it lives', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const identity = { pid: child.pid as number, born: bornAt(child.pid as number) ?? '' }
  assert.ok(isAlive(identity))
  assert.ok(!isAlive({ ...identity, born: '1' }))
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(!isAlive(identity))
})
