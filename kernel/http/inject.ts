/** A client inside the process: real HTTP through the real server, over a pair of pipes instead of a port. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'

export interface InjectRequest {
  readonly method?: string
  /** Path with query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; bytes and strings are sent as they are. */
  readonly body?: unknown
}

export interface InjectReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON; throws when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: callers know the shape.
  json(): any
}

export interface InjectStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
  close(): void
}

export interface Inject {
  (request: InjectRequest): Promise<InjectReply>
  /** The reply before its body, for streams. */
  stream(request: InjectRequest): Promise<InjectStream>
}

/** `host` is sent as Host unless the request names one. */
export function createInject(server: Server, host: () => string): Inject {
  async function stream(request: InjectRequest): Promise<InjectStream> {
    const [mine, theirs] = duplexPair()
    server.emit('connection', theirs)
    const body = encodeBody(request.body)
    const headers: Record<string, string> = {
      host: host(),
      connection: 'close',
      ...(body === undefined
        ? {}
        : {
            'content-length': String(body.length),
            'content-type': 'application/json',
          }),
      ...request.headers,
    }
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method = 'GET', path } = request
      const outgoing = httpRequest({ method, path, headers, createConnection: () => mine as never }, resolve)
      outgoing.once('error', reject)
      outgoing.end(body)
    })
    return {
      status: reply.statusCode as number,
      headers: reply.headers,
      body: reply,
      close: () => end(mine, theirs),
    }
  }

  async function inject(request: InjectRequest): Promise<InjectReply> {
    const reply = await stream(request)
    const chunks: Buffer[] = []
    for await (const chunk of reply.body) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    reply.close()
    return { status: reply.status, headers: reply.headers, text, json: () => JSON.parse(text) }
  }

  return Object.assign(inject, { stream })
}

function encodeBody(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function end(...pipes: Duplex[]): void {
  for (const pipe of pipes) pipe.destroy()
}
