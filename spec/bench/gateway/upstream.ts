/** The provider of this bench: answers at once, plain or with a hundred chunks, one write each. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chunk, completion, frame } from '../../fixtures/upstream.ts'

const TEXT =
  'The committee met on a rainy morning and agreed to look at the figures again before the end of the week. '.repeat(4)
const PLAIN = Buffer.from(JSON.stringify(completion({ content: TEXT })))
const FRAMES = [
  Buffer.from(frame(chunk({ role: 'assistant', content: '' }))),
  ...Array.from({ length: 97 }, (_, at) => Buffer.from(frame(chunk({ content: TEXT.slice(at * 4, at * 4 + 4) })))),
  Buffer.from(frame(chunk({}, 'stop'))),
  Buffer.from(frame('[DONE]')),
]

const server = createServer((request, response) => {
  let streamed = false
  request.on('data', (part: Buffer) => {
    streamed ||= part.includes('"stream":true')
  })
  request.on('end', () => {
    if (!streamed) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': PLAIN.length })
      response.end(PLAIN)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const part of FRAMES) response.write(part)
    response.end()
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))
