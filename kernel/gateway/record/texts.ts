/** Chooses and cleans the texts of a call that go on record. What was found to be secret never does. */
import type { CallText, Finding, Origin, Redaction, TextMode, Unit } from '../../contract/index.ts'
import type { Channel } from '../answer/session.ts'

const LIMITS = {
  redacted: { unit: 4096, units: 20, total: 64 * 1024 },
  forensic: { unit: 1024 * 1024, units: 500, total: 2 * 1024 * 1024 },
} as const

/** Characters of each answer channel to keep while it streams. */
export function keptChars(mode: TextMode): number {
  return mode === 'metadata' ? 0 : LIMITS[mode].unit
}

/** Where the dialects keep what people and tools say, as against settings. */
const PROSE = /^\/(?:messages|system|input|instructions|prompt)(?:\/|$)/

interface Source {
  readonly unit: number
  readonly origin: Origin
  readonly direction: 'inbound' | 'outbound'
  readonly tool?: string
  /** What is at hand of the text, and how long it was. */
  readonly text: string
  readonly length: number
}

interface Removal {
  readonly start: number
  readonly end: number
  readonly label: string
}

export interface RecordedTexts {
  readonly units: readonly Unit[]
  readonly channels: readonly Channel[]
  readonly findings: readonly Finding[]
  readonly redactions: readonly Redaction[]
}

/** The newest texts first get the room; they come back in the order of the call. */
export function recordTexts(mode: TextMode, call: RecordedTexts): readonly CallText[] | null {
  if (mode === 'metadata') return null
  const limits = LIMITS[mode]
  const removals = collectRemovals(call)
  const unread = unreadFrom(call.findings)
  const texts: CallText[] = []
  let room: number = limits.total
  for (const source of sources(call).reverse()) {
    if (texts.length === limits.units || room <= 0) break
    const read = { ...source, text: source.text.slice(0, unread.get(source.unit)) }
    const text = cleanText(read, removals.get(source.unit) ?? [], Math.min(limits.unit, room))
    room -= text.text.length
    texts.push(text)
  }
  return texts.reverse()
}

/** Where the judge gave up on a text, by unit: nobody knows what the rest of it holds. */
function unreadFrom(findings: readonly Finding[]): Map<number, number> {
  const unread = new Map<number, number>()
  for (const { unit, rule, start } of findings)
    if (rule === 'shield.truncated') unread.set(unit, Math.min(start, unread.get(unit) ?? start))
  return unread
}

/** Names, ids and settings are recorded only when something was found in them. */
function sources({ units, channels, findings }: RecordedTexts): Source[] {
  const found = new Set(findings.map(finding => finding.unit))
  const inbound = units.filter(unit => found.has(unit.id) || isProse(unit)).map(fromUnit)
  const outbound = channels
    .filter(
      channel =>
        channel.length + channel.toolName.length > 0 && (found.has(units.length + channel.order) || isSpoken(channel)),
    )
    .map(channel => fromChannel(channel, units.length + channel.order, findings))
  return [...inbound, ...outbound]
}

function isProse(unit: Unit): boolean {
  return PROSE.test(unit.path)
}

/** What the model said, not its envelope, and not the token list that repeats it. */
function isSpoken({ name, order }: Channel): boolean {
  return order !== -1 && !name.startsWith('other:') && !name.startsWith('logprobs:')
}

function fromUnit({ id, origin, direction, tool, text }: Unit): Source {
  const source = { unit: id, origin, direction, text, length: text.length }
  return tool === undefined ? source : { ...source, tool }
}

/** Only what was judged: the undecided end of an answer that broke off may hold half a secret. */
function fromChannel(channel: Channel, unit: number, findings: readonly Finding[]): Source {
  const found = findings.reduce((end, finding) => (finding.unit === unit ? Math.max(end, finding.end) : end), 0)
  const judged = channel.tool || channel.decided ? channel.length : Math.max(channel.releasable, found)
  const text = channel.kept.slice(0, judged)
  const source = { unit, direction: 'outbound' as const, text, length: judged }
  return channel.tool
    ? { ...source, origin: 'tool_call', ...(channel.toolName === '' ? {} : { tool: channel.toolName }) }
    : { ...source, origin: 'model' }
}

function collectRemovals({ findings, redactions, units, channels }: RecordedTexts): Map<number, Removal[]> {
  const removals = new Map<number, Removal[]>()
  const add = (unit: number, removal: Removal): void => {
    const list = removals.get(unit)
    if (list) list.push(removal)
    else removals.set(unit, [removal])
  }
  for (const { unit, start, end, placeholder } of redactions) add(unit, { start, end, label: placeholder })
  for (const channel of channels)
    for (const { start, end, placeholder } of channel.spans)
      add(units.length + channel.order, { start, end, label: placeholder })
  for (const finding of findings) {
    const { unit, start, end, rule } = finding
    if (isKeptOut(finding)) add(unit, { start, end, label: `[${rule}]` })
  }
  return removals
}

/** True for what never goes on record, whatever was done about it. */
export function isKeptOut({ category }: Finding): boolean {
  return category === 'secret' || category === 'pii'
}

function cleanText(source: Source, removals: readonly Removal[], limit: number): CallText {
  const removed: { start: number; end: number; label: string }[] = []
  let text = ''
  let at = 0
  for (const { start, end, label } of merge(removals)) {
    if (text.length + start - at >= limit || start >= source.text.length) break
    text += source.text.slice(at, start)
    removed.push({ start: text.length, end: text.length + label.length, label })
    text += label
    at = end
  }
  if (text.length < limit) {
    const next = merge(removals).find(removal => removal.start >= at)
    const end = Math.min(at + limit - text.length, next?.start ?? source.text.length)
    text += wholeCharacters(source.text.slice(at, end))
    at = Math.max(at, end)
  }
  const { unit, origin, direction, tool } = source
  const omitted = Math.max(0, source.length - at)
  return { unit, origin, direction, ...(tool === undefined ? {} : { tool }), text, omitted, removed }
}

/** Overlapping removals become one, under the first one's label. */
function merge(removals: readonly Removal[]): Removal[] {
  const merged: Removal[] = []
  for (const removal of [...removals].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last && removal.start < last.end) merged[merged.length - 1] = { ...last, end: Math.max(last.end, removal.end) }
    else merged.push(removal)
  }
  return merged
}

function wholeCharacters(text: string): string {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text
}
