/** Small HTTP calls to a process on loopback, each on a connection of its own. */
import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly text: string
}

const ANSWER_LIMIT = 64 * 1024

/** Rejects when nothing answers in time. Without a body it is a GET. */
export function ask(
  url: string,
  options: { readonly timeoutMs: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { timeoutMs, headers = {}, body } = options
    const call = request(
      url,
      {
        method: body === undefined ? 'GET' : 'POST',
        agent: false,
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        signal: AbortSignal.timeout(timeoutMs),
      },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', part => {
          text += part
          if (text.length > ANSWER_LIMIT) response.destroy(new Error('the answer is too long'))
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      },
    )
    call.on('error', reject)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
