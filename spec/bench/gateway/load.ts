/** The caller of this bench. Runs one window a message; no two bodies are the same. */
import { Agent } from 'undici'
import type { Window, WindowResult } from './message.ts'

const WORDS = 'plain words of an ordinary report about weather trains gardens meetings numbers and paper '
const POOL_BYTES = 1024 * 1024
const pool = makePool()
const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 30_000 })
let serial = 0

function makePool(): string {
  const words = WORDS.trim().split(' ')
  let seed = 7
  let text = ''
  while (text.length < POOL_BYTES) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    text += `${words[seed % words.length]} `
  }
  return text
}

function makeBody({ model, bytes, stream }: Window): string {
  const head = `{"model":"${model}","messages":[{"role":"user","content":"${++serial} `
  const tail = stream ? '"}],"stream":true}' : '"}]}'
  const room = Math.max(0, bytes - head.length - tail.length)
  const start = (serial * 7_919) % (POOL_BYTES - room)
  return head + pool.slice(start, start + room) + tail
}

function call(window: Window): Promise<boolean> {
  const { origin, pathname } = new URL(window.url)
  const headers = { 'content-type': 'application/json', ...window.headers }
  return new Promise(resolve => {
    let status = 0
    agent.dispatch(
      { origin, path: pathname, method: 'POST', headers, body: makeBody(window) },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code
        },
        onResponseData() {},
        onResponseEnd: () => resolve(status === 200),
        onResponseError: () => resolve(false),
      },
    )
  })
}

async function run(window: Window): Promise<WindowResult> {
  const latencies: number[] = []
  let errors = 0
  const started = performance.now()
  const caller = async (): Promise<void> => {
    while (performance.now() - started < window.ms) {
      const at = performance.now()
      if (!(await call(window))) errors++
      latencies.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: window.concurrency }, caller))
  return { requests: latencies.length, errors, latencies, elapsedMs: performance.now() - started }
}

process.on('message', (window: Window) => {
  void run(window).then(result => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: 0 })
