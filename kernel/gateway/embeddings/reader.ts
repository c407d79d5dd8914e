/** Reads answers of the embeddings API: vectors, which no rule has to read, and whatever else stands beside them. */
import { isUtf8 } from 'node:buffer'
import { broken, newReading, parseAnswer } from '../answer/reading.ts'
import type { AnswerReader, Reading, Segment, Usage } from '../dialect.ts'
import { isObject } from '../json.ts'

/** Names and words of the dialect. */
const KNOWN = new Set(
  'object data embedding index model usage prompt_tokens total_tokens list error id created'.split(' '),
)

/** A vector is a list of numbers, or the bytes of its floats in base64. Text that only claims to be one is read. */
const ENCODED = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export class EmbeddingsReader implements AnswerReader {
  readonly #depth: number

  constructor(depth: number) {
    this.#depth = depth
  }

  body(bytes: Buffer): Reading {
    const { value, members } = parseAnswer(bytes.toString('utf8'), this.#depth)
    if (!Array.isArray(value['data']) && !isObject(value['error'])) throw broken('It is not a list of embeddings.')
    const walk = { segments: [] as Segment[], members: 0 }
    visit(walk, value, {}, '')
    return newReading({
      value,
      segments: walk.segments,
      usage: readUsage(value['usage']),
      faithful: isUtf8(bytes) && walk.members === members,
      finished: true,
    })
  }

  frame(): Reading {
    throw broken('It streamed an answer that does not come as a stream.')
  }

  /** Nothing below is reached, as no frame was ever read. */
  encodeFrame(): Buffer {
    return Buffer.alloc(0)
  }

  cutText(): Buffer {
    return Buffer.alloc(0)
  }

  cutHard(): Buffer {
    return Buffer.alloc(0)
  }
}

function visit(walk: { segments: Segment[]; members: number }, value: unknown, holder: object, key: string): void {
  if (typeof value === 'string') {
    if (value !== '' && !KNOWN.has(value) && !(key === 'embedding' && isVector(value)))
      walk.segments.push({ channel: '', kind: 'whole', text: value, holder: holder as Record<string, unknown>, key })
  } else if (Array.isArray(value)) {
    // Lists of numbers are most of an answer.
    for (const [at, item] of value.entries()) if (typeof item !== 'number') visit(walk, item, value, String(at))
  } else if (isObject(value))
    for (const name of Object.keys(value)) {
      walk.members++
      if (!KNOWN.has(name)) walk.segments.push({ channel: '', kind: 'whole', text: name, holder: null, key: '' })
      visit(walk, value[name], value, name)
    }
}

/** Floats of four bytes each, and as good as never readable as text. */
function isVector(text: string): boolean {
  if (!ENCODED.test(text)) return false
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > 0 && bytes.length % 4 === 0 && !isUtf8(bytes)
}

function readUsage(value: unknown): Usage | null {
  const input = isObject(value) ? value['prompt_tokens'] : undefined
  return typeof input === 'number' && Number.isSafeInteger(input) && input >= 0 ? { input, output: 0 } : null
}
