/** The floor of this bench: a bare `http` server that hands bodies to undici and answers with what comes back, looking at nothing. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, type Dispatcher } from 'undici'

const { origin, pathname } = new URL(process.argv[2] ?? '')
const agent = new Agent({ pipelining: 1, keepAliveTimeout: 30_000 })

function join(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

function pass(response: ServerResponse): Dispatcher.DispatchHandler {
  const parts: Buffer[] = []
  let status = 0
  let streamed = false
  return {
    onRequestStart() {},
    onResponseStart(_controller, code, headers) {
      status = code
      streamed = headers['content-type'] === 'text/event-stream'
      if (streamed) response.writeHead(code, { 'content-type': 'text/event-stream' })
    },
    onResponseData(_controller, chunk) {
      if (streamed) response.write(chunk)
      else parts.push(chunk)
    },
    onResponseEnd() {
      if (streamed) response.end()
      else {
        const body = join(parts)
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length })
        response.end(body)
      }
    },
    onResponseError() {
      response.destroy()
    },
  }
}

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const headers = { 'content-type': 'application/json' }
    agent.dispatch(
      { origin, path: `${pathname}/chat/completions`, method: 'POST', headers, body: join(parts) },
      pass(response),
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))
