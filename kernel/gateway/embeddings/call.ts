import { GatewayError } from '../../contract/index.ts'
import type { ParsedCall } from '../dialect.ts'
import { type Collected, joinPath, type Layout, UnitCollector } from '../request/collector.ts'
import { unscannable } from '../request/media.ts'
import { parseCall } from '../request/parsed.ts'

const LAYOUT: Layout = {
  words: new Set('model input encoding_format dimensions user float base64 input_type truncate'.split(' ')),
  ids: new Set(['encoding_format', 'input_type']),
  conversation: path => path === '/input' || path.startsWith('/input/'),
  media: () => false,
}

/** Reads an embeddings call. Throws GW_BODY, or GW_UNSCANNABLE for tokens, which no rule can read. */
export function readCall(bytes: Buffer, depth: number): ParsedCall {
  const call = parseCall(bytes, depth, collectUnits)
  const { input, stream } = call.body
  if (stream !== undefined && stream !== false)
    throw new GatewayError('GW_BODY', { detail: 'Embeddings are not streamed.' })
  const texts = Array.isArray(input) ? input : [input]
  if (texts.length === 0 || texts.some(text => typeof text !== 'string'))
    throw new GatewayError('GW_BODY', { detail: '"input" must be a string or a list of strings.' })
  return call
}

function collectUnits(body: Readonly<Record<string, unknown>>): Collected {
  const collector = new UnitCollector(LAYOUT)
  if (holdsTokens(body['input'])) throw unscannable('/input')
  collector.each(body, (key, value, holder) => collector.any(value, joinPath('', key), 'user', holder, key))
  return collector.finish()
}

function holdsTokens(input: unknown): boolean {
  return Array.isArray(input) && input.some(item => typeof item === 'number' || Array.isArray(item))
}
