/** What the specs of streamed responses share. */
import type { Answer, ModelPath } from './model-path.ts'

export type Event = Record<string, unknown>

const PATH = { path: '/v1/responses' }
export const CALL = { model: 'bar/model-1', input: 'hi', stream: true }

export function ask(path: ModelPath): Promise<Answer> {
  return path.call(CALL, PATH)
}

export function eventsOf(answer: Answer): Event[] {
  return answer.text
    .split('\n')
    .filter(line => line.startsWith('data: {'))
    .map(line => JSON.parse(line.slice(6)) as Event)
}

/** The text that a caller puts together from the pieces of one kind. */
export function pieces(answer: Answer, type = 'response.output_text.delta'): string {
  return eventsOf(answer)
    .filter(event => event['type'] === type)
    .map(event => String(event['delta']))
    .join('')
}
