/**
 * What a caller has been shown of a streamed response, so that a cut can close what stands open and repeat what was said. It
 * follows the events as they left, after everything was cut out of them; the values are ours from then on.
 */
import { isObject } from '../json.ts'

type Value = Record<string, unknown>

interface ShownItem {
  readonly value: Value
  readonly index: number
  /** Parts that were begun and not done, by list and position. */
  readonly open: Map<string, Part>
  done: boolean
}

interface Part {
  readonly value: Value
  readonly list: 'content' | 'summary'
  readonly index: number
}

/** Events that close a text, by the type of its part: the event, the member that repeats the text. */
const CLOSING: Readonly<Record<string, readonly [event: string, member: string]>> = {
  output_text: ['response.output_text.done', 'text'],
  refusal: ['response.refusal.done', 'refusal'],
  reasoning_text: ['response.reasoning_text.done', 'text'],
  summary_text: ['response.reasoning_summary_text.done', 'text'],
}

/** Steps in which a text grows. */
const GROWING: ReadonlySet<unknown> = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.reasoning_text.delta',
  'response.reasoning_summary_text.delta',
])

export class ShownResponse {
  #response: Value | null = null
  #sequence = -1
  readonly #items = new Map<number, ShownItem>()

  /** An event that left. */
  note(event: Value): void {
    const { type, sequence_number: sequence, response } = event
    if (typeof sequence === 'number') this.#sequence = Math.max(this.#sequence, sequence)
    if (isObject(response)) this.#response = response
    if (GROWING.has(type)) this.#grow(event)
    else if (type === 'response.content_part.added') this.#beginPart(event, 'content', event['content_index'])
    else if (type === 'response.reasoning_summary_part.added') this.#beginPart(event, 'summary', event['summary_index'])
    else if (type === 'response.content_part.done') this.#endPart(event, `content ${String(event['content_index'])}`)
    else if (type === 'response.reasoning_summary_part.done')
      this.#endPart(event, `summary ${String(event['summary_index'])}`)
    else if (type === 'response.output_item.added') this.#setItem(event, false)
    else if (type === 'response.output_item.done') this.#setItem(event, true)
  }

  /** True once the caller knows of the response. */
  get begun(): boolean {
    return this.#response !== null
  }

  /** Events that close what stands open, then one that ends the response; `changes` says how. */
  end(type: string, changes: Value): Value[] {
    const events = [...this.#items.values()].filter(item => !item.done).flatMap(item => this.#close(item))
    const output = [...this.#items.values()].sort((a, b) => a.index - b.index).map(item => item.value)
    const head = this.#response ?? { id: 'resp_clawnex', object: 'response', created_at: 0, model: '' }
    return [...events, this.event(type, { response: { ...head, output, usage: null, ...changes } })]
  }

  /** The response as one that failed; what was begun counts for nothing. */
  fail(error: Value): Value {
    const changes = { status: 'failed', error, incomplete_details: null, output: [], usage: null }
    return this.event('response.failed', { response: { ...this.#response, ...changes } })
  }

  /** An event of our own, in the order of the others. */
  event(type: string, members: Value): Value {
    return { type, sequence_number: ++this.#sequence, ...members }
  }

  #setItem({ item, output_index: index }: Value, done: boolean): void {
    if (isObject(item) && typeof index === 'number')
      this.#items.set(index, { value: item, index, open: new Map(), done })
  }

  #itemOf({ output_index: index }: Value): ShownItem | undefined {
    return typeof index === 'number' ? this.#items.get(index) : undefined
  }

  #beginPart(event: Value, list: Part['list'], index: unknown): void {
    const item = this.#itemOf(event)
    const { part } = event
    if (!item || !isObject(part) || typeof index !== 'number') return
    const parts = item.value[list]
    if (Array.isArray(parts)) parts[index] = part
    else item.value[list] = [part]
    item.open.set(`${list} ${index}`, { value: part, list, index })
  }

  #grow(event: Value): void {
    const { delta, content_index: content, summary_index: summary } = event
    const part = this.#itemOf(event)?.open.get(
      summary === undefined ? `content ${String(content)}` : `summary ${String(summary)}`,
    )
    const member = CLOSING[String(part?.value['type'])]?.[1]
    if (!part || member === undefined || typeof delta !== 'string') return
    const text = part.value[member]
    part.value[member] = (typeof text === 'string' ? text : '') + delta
  }

  #endPart(event: Value, name: string): void {
    const item = this.#itemOf(event)
    const part = item?.open.get(name)
    const list = part && item?.value[part.list]
    if (!part || !isObject(event['part']) || !Array.isArray(list)) return
    list[part.index] = event['part']
    item?.open.delete(name)
  }

  #close(item: ShownItem): Value[] {
    const place = { item_id: item.value['id'] ?? '', output_index: item.index }
    const events: Value[] = []
    for (const { value, list, index } of item.open.values()) {
      const [event, member] = CLOSING[String(value['type'])] ?? []
      if (event === undefined || member === undefined) continue
      const at = { ...place, [list === 'content' ? 'content_index' : 'summary_index']: index }
      const logprobs = value['type'] === 'output_text' ? { logprobs: [] } : {}
      events.push(this.event(event, { ...at, [member]: value[member] ?? '', ...logprobs }))
      const part = list === 'content' ? 'response.content_part.done' : 'response.reasoning_summary_part.done'
      events.push(this.event(part, { ...at, part: value }))
    }
    item.value['status'] = 'incomplete'
    events.push(this.event('response.output_item.done', { output_index: item.index, item: item.value }))
    return events
  }
}
