/** The bytes of a call on their way through: read once, and sent on as they came unless something has to change. */
import { GatewayError, type Redaction } from '../../contract/index.ts'
import type { ParsedCall } from '../dialect.ts'
import { decodeUtf8, inspectStructure, parseObject, type Structure } from '../json.ts'
import { byUnit, cutSpans } from '../redact.ts'
import type { Collected } from './collector.ts'

/** The model's name decides where a call goes, so it is never rewritten: a redaction in it stops the call. */
export const MODEL_PATH = '/model'

type Body = Record<string, unknown>

/** Reads the JSON body of a call whose units `collect` finds. Throws GW_BODY or GW_UNSCANNABLE. */
export function parseCall(bytes: Buffer, depth: number, collect: (body: Readonly<Body>) => Collected): ParsedCall {
  const text = decodeUtf8(bytes)
  const structure = inspectStructure(text, depth)
  const body = parseObject(text)
  const collected = collect(body)
  // The provider's parser may keep the other one of two members of the same name, which then nobody scanned.
  if (collected.members !== structure.members)
    throw new GatewayError('GW_BODY', { detail: 'A member occurs twice in one object.' })
  const { model, stream } = body
  if (typeof model !== 'string' || model === '')
    throw new GatewayError('GW_BODY', { detail: '"model" must be a string.' })
  return {
    model,
    stream: stream === true,
    body,
    units: collected.units,
    unscannedBytes: collected.unscannedBytes,
    encode: (target, redactions) => {
      if (redactions.length === 0 && structure.model) return replaceModel(bytes, text, structure.model, model, target)
      const value = rewrite(body, collected, target, redactions)
      return value && Buffer.from(JSON.stringify(value), 'utf8')
    },
    rewritten: (target, redactions) => rewrite(body, collected, target, redactions),
  }
}

/** The caller's own bytes, with the model name exchanged in place when it differs. */
function replaceModel(
  bytes: Buffer,
  text: string,
  place: NonNullable<Structure['model']>,
  model: string,
  target: string,
): Buffer {
  if (model === target) return bytes
  const start = Buffer.byteLength(text.slice(0, place.start))
  const length = Buffer.byteLength(text.slice(place.start, place.end))
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(JSON.stringify(target)), bytes.subarray(start + length)])
}

function rewrite(body: Body, collected: Collected, model: string, redactions: readonly Redaction[]): Body | null {
  for (const [unit, spans] of byUnit(redactions)) {
    const site = collected.sites[unit] ?? null
    const found = collected.units[unit]
    if (site === null || found === undefined || found.path === MODEL_PATH) return null
    site.holder[site.key] = cutSpans(found.text, 0, spans)
  }
  body['model'] = model
  return body
}
