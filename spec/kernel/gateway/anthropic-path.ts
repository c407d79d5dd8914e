/** The running model path with a provider of the Anthropic dialect. */
import type { Limits } from '../../../kernel/gateway/index.ts'
import { converse } from '../../fixtures/upstream.ts'
import { type Answer, type CallOptions, type ModelPath, startModelPath } from './model-path.ts'

export interface MessagesPath extends ModelPath {
  /** A call of the messages API, its key in `x-api-key` as this vendor's clients send it. */
  ask(body: unknown, options?: CallOptions): Promise<Answer>
}

export async function startMessagesPath(
  test: { after(fn: () => void | Promise<void>): void },
  limits: Partial<Limits> = {},
): Promise<MessagesPath> {
  const path = await startModelPath(test, limits)
  path.set.target = {
    dialect: 'anthropic',
    headers: { 'x-api-key': 'provider-side', 'anthropic-version': '2023-06-01' },
  }
  path.upstream.script(converse('Hello from the upstream.'))
  return {
    ...path,
    ask: (body, options = {}) =>
      path.call(body, {
        path: '/v1/messages',
        key: null,
        ...options,
        headers: { 'x-api-key': path.key, 'anthropic-version': '2023-06-01', ...options.headers },
      }),
  }
}

/** A call with one user message. */
export function tell(content: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'bar/model-1', max_tokens: 100, messages: [{ role: 'user', content }], ...more }
}

interface Event {
  readonly type: string
  readonly index?: number
  readonly delta?: Readonly<Record<string, string | null>>
  readonly error?: Readonly<Record<string, string>>
  readonly usage?: unknown
}

/** The events of a streamed answer. */
export function eventsOf(body: string): Event[] {
  return body
    .split('\n')
    .filter(line => line.startsWith('data: {'))
    .map(line => JSON.parse(line.slice(6)) as Event)
}

/** What the deltas of a streamed answer say, joined. */
export function saidIn(body: string, member = 'text'): string {
  return eventsOf(body)
    .map(({ delta }) => delta?.[member] ?? '')
    .join('')
}

/** Error envelope of an answer. */
export function envelopeOf(answer: Answer): { type: string; error: Record<string, string>; request_id?: string } {
  return answer.json() as unknown as { type: string; error: Record<string, string>; request_id?: string }
}
