import { GatewayError } from '../../contract/index.ts'
import type { ParsedCall } from '../dialect.ts'
import { parseCall } from '../request/parsed.ts'
import { collectUnits } from './units.ts'

/** Reads a call of the messages API, or one that asks for its size. Throws GW_BODY or GW_UNSCANNABLE. */
export function readCall(bytes: Buffer, depth: number): ParsedCall {
  const call = parseCall(bytes, depth, collectUnits)
  if (!Array.isArray(call.body['messages'])) throw new GatewayError('GW_BODY', { detail: '"messages" must be a list.' })
  return call
}
