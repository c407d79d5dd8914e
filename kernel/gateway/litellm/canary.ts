/**
 * A call that costs nothing and proves much: it goes through LiteLLM, on each of its APIs, to a small upstream of the gateway
 * itself, and must come back with words only that upstream knows, for a model only this one process was told of. So it also
 * tells our child from whatever else may answer on its port.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ask } from './ask.ts'
import type { CanaryEntry } from './config.ts'

const CALL_MS = 30_000
const BODY_LIMIT = 64 * 1024
const APIS = [
  { path: '/chat/completions', body: { messages: [{ role: 'user', content: 'canary' }] } },
  { path: '/messages', body: { max_tokens: 16, messages: [{ role: 'user', content: 'canary' }] } },
  { path: '/responses', body: { input: 'canary' } },
] as const

export class Canary {
  readonly #secret = randomBytes(32)
  readonly #path = `/${randomBytes(16).toString('hex')}/v1`
  #server: Server | undefined
  #port = 0

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', part => {
        text += part
        if (text.length > BODY_LIMIT) request.destroy()
      })
      request.on('error', () => response.destroy())
      request.on('end', () => {
        const answer = request.url?.startsWith(this.#path) ? this.#answer(request.url, text) : null
        response.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(answer ?? {}))
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  close(): void {
    this.#server?.close()
    this.#server?.closeAllConnections()
  }

  /** An entry for one process. */
  entry(): CanaryEntry {
    return {
      baseUrl: `http://127.0.0.1:${this.#port}${this.#path}`,
      model: `canary-${randomBytes(16).toString('hex')}`,
    }
  }

  /** Calls every API of the process at `baseUrl`. Rejects when one does not answer as it must; else what a warm call takes. */
  async check(baseUrl: string, key: string, model: string): Promise<number> {
    const call = async ({ path, body }: (typeof APIS)[number]): Promise<number> => {
      const startedAt = performance.now()
      const headers = { authorization: `Bearer ${key}` }
      const answer = await ask(`${baseUrl}${path}`, { timeoutMs: CALL_MS, headers, body: { model, ...body } })
      if (answer.status !== 200 || !answer.text.includes(this.#words(model)))
        throw new Error(`the canary on ${path} came back with HTTP ${answer.status}: ${answer.text.slice(0, 300)}`)
      return performance.now() - startedAt
    }
    for (const api of APIS) await call(api)
    const warm = [await call(APIS[0]), await call(APIS[0]), await call(APIS[0])]
    return Math.round(Math.min(...warm) * 10) / 10
  }

  #words(model: string): string {
    return createHmac('sha256', this.#secret).update(model).digest('hex')
  }

  #answer(path: string, text: string): unknown {
    const model = readModel(text)
    if (model === null) return null
    const words = this.#words(model)
    const id = 'canary'
    if (path.endsWith('/chat/completions')) {
      const message = { role: 'assistant', content: words }
      const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
      return {
        id,
        object: 'chat.completion',
        created: 1,
        model,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }
    }
    if (!path.endsWith('/responses')) return null
    const content = [{ type: 'output_text', text: words, annotations: [] }]
    const output = [{ type: 'message', id, status: 'completed', role: 'assistant', content }]
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
    const rest = { parallel_tool_calls: true, tool_choice: 'auto', tools: [], usage }
    return { id: 'resp_canary', object: 'response', created_at: 1, status: 'completed', model, output, ...rest }
  }
}

function readModel(text: string): string | null {
  try {
    const { model } = JSON.parse(text) as { model?: unknown }
    return typeof model === 'string' ? model : null
  } catch {
    // Not a call of LiteLLM's.
    return null
  }
}
