/** The judging of one answer: channels, what of them may be shown, and what must be cut out. */
import {
  type AnswerJudge,
  type AnswerStep,
  type CataloguedError,
  GatewayError,
  type Judgement,
} from '../../contract/index.ts'
import { describeFindings, type Reading, type Segment } from '../dialect.ts'
import { cutSpans, type Span, touches } from '../redact.ts'

/** Why an answer must not go on. `hard`: a caller must not take what it has for a complete answer. */
export interface Cut {
  readonly error: CataloguedError
  readonly hard: boolean
}

/** A segment with its place in the text of its channel. */
export interface Placed {
  readonly segment: Segment
  readonly channel: Channel
  readonly start: number
}

export interface Channel {
  readonly name: string
  readonly tool: boolean
  /** Position in the order in which the judge met the channels, -1 before. Findings name it. */
  order: number
  toolName: string
  length: number
  /** Text below may be shown. A tool call counts as a whole: `decided`. */
  releasable: number
  decided: boolean
  spans: readonly Span[]
  /** The first characters, for the record. */
  kept: string
}

const CLEARED_LIMIT = 256
const CLEARED_CHARS = 128

function newChannel(name: string, tool: boolean): Channel {
  return { name, tool, order: -1, toolName: '', length: 0, releasable: 0, decided: false, spans: [], kept: '' }
}

export class AnswerSession {
  readonly channels: Channel[] = []
  /** Strings judged whole and found harmless; the reader leaves them out from then on. */
  readonly #cleared: Set<string>
  cut: Cut | null = null
  redacted = false
  /** Milliseconds spent in the judge. */
  scanMs = 0
  readonly #judge: AnswerJudge
  readonly #keep: number
  readonly #byName = new Map<string, Channel>()
  readonly #toolText = new Map<Channel, string>()
  #wholes = 0
  #met = 0
  #failed = false

  /** `keep`: characters of each channel to keep for the record. */
  constructor(judge: AnswerJudge, keep: number, cleared: Set<string>) {
    this.#judge = judge
    this.#keep = keep
    this.#cleared = cleared
  }

  /** Judges what a reading adds. Check `cut` afterwards. */
  take(reading: Reading): Placed[] {
    const placed: Placed[] = []
    for (const segment of reading.segments) if (!this.cut) placed.push(this.#push(segment))
    for (const name of reading.completed) this.#complete(this.#byName.get(name))
    // Whatever was found around a call, nobody may take what is left of it for something to carry out.
    if (this.cut && reading.segments.some(segment => segment.kind === 'tool')) this.cut = { ...this.cut, hard: true }
    return placed
  }

  /** Ends all texts; with `tools` also the tool calls, which an answer that broke off must not complete. */
  end(tools: boolean): void {
    for (const channel of this.channels) {
      if (this.cut) return
      if (tools || !channel.tool) this.#complete(channel)
    }
  }

  /** True when all of a frame's texts may be shown. */
  ready(placed: readonly Placed[]): boolean {
    for (const { channel, start, segment } of placed)
      if (channel.tool ? !channel.decided : start + segment.text.length > channel.releasable) return false
    return true
  }

  /** Applies redactions to the parsed value behind a ready frame. True when something changed. */
  rewrite(placed: readonly Placed[]): boolean {
    let changed = false
    for (const { channel, start, segment } of placed) {
      // In this order: looking at the holder may parse a frame that nobody has to touch.
      if (channel.spans.length === 0 || !touches(start, segment.text.length, channel.spans)) continue
      if (segment.holder === null) continue
      segment.holder[segment.key] = segment.drop
        ? emptied(segment.holder[segment.key])
        : cutSpans(segment.text, start, channel.spans)
      changed = true
    }
    this.redacted ||= changed
    return changed
  }

  /** What was found in all, or null when the judge failed. */
  result(): Judgement | null {
    if (this.#failed) return null
    try {
      return this.#judge.result()
    } catch (cause) {
      this.#fail(cause)
      return null
    }
  }

  #push(segment: Segment): Placed {
    if (segment.kind === 'tool') return this.#pushTool(segment)
    if (segment.kind === 'whole') return this.#pushWhole(segment)
    if (segment.kind === 'repeat') return { segment, channel: this.#channel(segment.channel, false), start: 0 }
    const name = segment.channel
    const channel = this.#channel(name, false)
    const start = channel.length
    this.#extend(channel, segment.text)
    this.#meet(channel)
    if (channel.decided) this.#break('Text came after the end of the answer.')
    else this.#judgePiece(channel, segment.text)
    return { segment, channel, start }
  }

  /** Of these there can be one a frame, so only those in which something was found are kept. */
  #pushWhole(segment: Segment): Placed {
    const channel = newChannel(`other:${this.#wholes++}`, false)
    this.#extend(channel, segment.text)
    this.#meet(channel)
    this.#judgePiece(channel, segment.text)
    if (!this.cut) this.#endText(channel)
    if (this.cut || channel.spans.length > 0) this.channels.push(channel)
    if (!this.cut) this.#clear(channel, segment)
    return { segment, channel, start: 0 }
  }

  #clear(channel: Channel, segment: Segment): void {
    if (channel.spans.length === 0) {
      if (this.#cleared.size < CLEARED_LIMIT && segment.text.length <= CLEARED_CHARS) this.#cleared.add(segment.text)
    } else if (segment.holder === null) this.#block(true, 'a part of the answer that cannot be rewritten')
  }

  #endText(channel: Channel): void {
    channel.decided = true
    this.#step(channel, () => this.#judge.end(channel.name))
    if (!this.cut) channel.releasable = channel.length
  }

  #pushTool(segment: Segment): Placed {
    if (segment.after !== undefined) this.#completeBefore(this.#byName.get(segment.after))
    const channel = this.#channel(segment.channel, true)
    const start = channel.length
    if (channel.decided && (segment.text !== '' || segment.tool))
      this.#break('A piece of a tool call came after its end.')
    if (segment.tool) channel.toolName += segment.tool
    if (segment.text !== '') {
      this.#toolText.set(channel, (this.#toolText.get(channel) ?? '') + segment.text)
      this.#extend(channel, segment.text)
    }
    return { segment, channel, start }
  }

  #complete(channel: Channel | undefined): void {
    if (!channel || channel.decided || this.cut) return
    if (channel.tool) this.#completeTool(channel)
    else this.#endText(channel)
  }

  /** Readers that go by number instead of id would put both calls' arguments together, so the first must not be half. */
  #completeBefore(channel: Channel | undefined): void {
    const text = channel && !channel.decided ? (this.#toolText.get(channel) ?? '') : ''
    if (text !== '' && !isJson(text)) this.#break('A tool call began before the one in its place was complete.')
    this.#complete(channel)
  }

  /** Pieces were judged as they came; only here it is known what they say together. */
  #judgeToolName(channel: Channel): void {
    const { toolName } = channel
    if (toolName === '' || this.#cleared.has(toolName)) return
    const name = newChannel(`${channel.name}:name`, false)
    this.#extend(name, toolName)
    this.#meet(name)
    this.#step(name, () => this.#judge.push(name.name, toolName))
    if (!this.cut) this.#endText(name)
    if (name.spans.length > 0) this.#block(true, 'a name of a tool that cannot be rewritten')
    if (!this.cut) return
    this.channels.push(name)
    channel.toolName = ''
  }

  #completeTool(channel: Channel): void {
    this.#judgeToolName(channel)
    if (this.cut) return
    this.#meet(channel)
    const judgement = this.#guard(() =>
      this.#judge.toolCall(channel.name, channel.toolName, this.#toolText.get(channel) ?? ''),
    )
    if (!judgement) return
    if (judgement.verdict === 'error') this.#fail(undefined)
    else if (judgement.verdict === 'block') this.#block(true, describeFindings(judgement))
    else {
      channel.spans = judgement.redactions
      channel.decided = true
      channel.releasable = channel.length
      this.#toolText.delete(channel)
    }
  }

  #meet(channel: Channel): void {
    if (channel.order === -1) channel.order = this.#met++
  }

  #channel(name: string, tool: boolean): Channel {
    const known = this.#byName.get(name)
    if (known) return known
    const channel = newChannel(name, tool)
    this.channels.push(channel)
    this.#byName.set(name, channel)
    return channel
  }

  #extend(channel: Channel, text: string): void {
    channel.length += text.length
    if (channel.kept.length < this.#keep) channel.kept += text.slice(0, this.#keep - channel.kept.length)
  }

  /** Comes once a frame, so it is written without a function made for each call. */
  #judgePiece(channel: Channel, text: string): void {
    const started = performance.now()
    let step: AnswerStep
    try {
      step = this.#judge.push(channel.name, text)
    } catch (cause) {
      this.#fail(cause)
      return
    } finally {
      this.scanMs += performance.now() - started
    }
    this.#follow(channel, step)
  }

  #step(channel: Channel, run: () => AnswerStep): void {
    const step = this.#guard(run)
    if (step) this.#follow(channel, step)
  }

  #follow(channel: Channel, step: AnswerStep): void {
    channel.releasable = Math.max(channel.releasable, Math.min(step.releasable, channel.length))
    channel.spans = step.redactions
    if (step.cut) {
      if (step.cut.verdict === 'error') this.#fail(undefined)
      else this.#block(false, describeFindings(step.cut))
    }
  }

  /** A judge that throws has not judged: nothing more is shown. */
  #guard<T>(run: () => T): T | null {
    const started = performance.now()
    try {
      return run()
    } catch (cause) {
      this.#fail(cause)
      return null
    } finally {
      this.scanMs += performance.now() - started
    }
  }

  #block(hard: boolean, detail: string): void {
    this.cut ??= { hard, error: new GatewayError('GW_BLOCKED', { detail }) }
  }

  #break(detail: string): void {
    this.cut ??= { hard: true, error: new GatewayError('GW_UPSTREAM_BROKEN', { detail }) }
  }

  #fail(cause: unknown): void {
    this.#failed = true
    this.cut ??= { hard: true, error: new GatewayError('GW_SCANNER', { cause }) }
  }
}

function emptied(value: unknown): unknown {
  return Array.isArray(value) ? [] : null
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // The parser's way of saying no.
    return false
  }
}
