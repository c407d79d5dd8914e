/** What the readers of all dialects do alike with bodies and frames. */
import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../../contract/index.ts'
import type { Reading, Segment } from '../dialect.ts'
import { inspectStructure, isObject } from '../json.ts'
import type { Frame } from '../sse/parser.ts'

export interface ParsedAnswer {
  readonly value: Record<string, unknown>
  /** Members of all objects as written. */
  readonly members: number
}

/** Throws GW_UPSTREAM_BROKEN for anything but a JSON object. */
export function parseAnswer(text: string, depth: number): ParsedAnswer {
  try {
    const { members } = inspectStructure(text, depth)
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return { value, members }
  } catch {
    // Neither parser's message may travel: both can quote the answer.
  }
  throw broken('It sent something that is not JSON of this dialect.')
}

/** Throws GW_UPSTREAM_BROKEN when the frame is hardly part of an event stream. True when its bytes are what was read. */
export function checkFrame(frame: Frame): boolean {
  if (frame.strange) throw broken('It sent something that is not an event stream.')
  const faithful = isUtf8(frame.raw)
  if (!faithful && (frame.data === null || frame.data === '')) throw broken('It sent bytes that are not UTF-8.')
  return faithful
}

/** Comments and event names: texts of their own, unless they are known to be harmless. */
export function restSegments(frame: Frame, ...known: readonly ReadonlySet<string>[]): Segment[] {
  if (frame.rest === '' || known.some(texts => texts.has(frame.rest))) return []
  return [{ channel: '', kind: 'whole', text: frame.rest, holder: null, key: '' }]
}

/** A frame with another value, under its old event name. */
export function encodeFrame(frame: Frame, value: Record<string, unknown>): Buffer {
  const event = /^event: ?(.*)$/m.exec(frame.rest === '' ? '' : frame.raw.toString('utf8'))
  const name = event && /^[\w.-]+\r?$/.test(event[1] ?? '') ? `event: ${event[1]?.trim()}\n` : ''
  return Buffer.from(`${name}data: ${JSON.stringify(value)}\n\n`, 'utf8')
}

export function newReading(members: Partial<Reading>): Reading {
  return {
    kind: 'content',
    value: null,
    segments: [],
    completed: [],
    usage: null,
    faithful: true,
    finished: false,
    ...members,
  }
}

export function broken(detail: string): GatewayError {
  return new GatewayError('GW_UPSTREAM_BROKEN', { detail })
}
