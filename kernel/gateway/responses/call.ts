import { GatewayError } from '../../contract/index.ts'
import type { ParsedCall } from '../dialect.ts'
import { parseCall } from '../request/parsed.ts'
import { collectUnits } from './units.ts'

/** Reads a call of the Responses API. Throws GW_BODY or GW_UNSCANNABLE. */
export function readCall(bytes: Buffer, depth: number): ParsedCall {
  const call = parseCall(bytes, depth, collectUnits)
  const input = call.body['input'] ?? ''
  // Without input the provider continues from what it keeps: an earlier response, or a prompt stored there.
  if (typeof input !== 'string' && !Array.isArray(input))
    throw new GatewayError('GW_BODY', { detail: '"input" must be a string or a list.' })
  return call
}
