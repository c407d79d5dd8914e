import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { isCatalogued } from '../../../kernel/contract/index.ts'
import { listenOnLoopback } from '../../../kernel/http/port.ts'

test('port 0 gives a free port', async () => {
  const server = createServer()
  const port = await listenOnLoopback(server, 0, '--dashboard-port')
  assert.ok(port > 0)
  server.close()
})

test('a taken port names the process that holds it and the flag that chooses another', async () => {
  const script = 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>console.log(s.address().port))'
  const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [chunk] = await once(holder.stdout, 'data')
    const port = Number(String(chunk).trim())
    await assert.rejects(listenOnLoopback(createServer(), port, '--dashboard-port'), error => {
      assert.ok(isCatalogued(error))
      assert.equal(error.code, 'RUN_PORT_TAKEN')
      assert.match(error.detail ?? '', new RegExp(`Port ${port} is held by node.*pid ${holder.pid}`))
      assert.match(error.detail ?? '', /--dashboard-port/)
      return true
    })
  } finally {
    holder.kill('SIGKILL')
  }
})
