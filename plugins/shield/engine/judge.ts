import type {
  AnswerJudge,
  AnswerStep,
  CallInfo,
  Finding,
  Judge,
  Judgement,
  Redaction,
  Unit,
  Verdict,
} from 'clawnex/contract'
import { type Assessment, assign, decide, observation, worse } from './assess.ts'
import { AnswerChannel, utf8Length } from './channel.ts'
import { DEFAULT_POLICY, type Policy } from './policy.ts'
import { Remembered } from './remember.ts'
import type { RuleSet } from './ruleset.ts'

/** The rules of one generation, ready to scan. */
export interface Engine {
  readonly set: RuleSet
  /** Assesses one text. */
  assess(source: Pick<Unit, 'origin' | 'direction' | 'text' | 'tool'>): Assessment
}

export interface JudgeOptions {
  /** Asked at every call, so that a change of policy holds at once. */
  readonly policy?: () => Policy
  /** A keyed hash of a text. With it, texts that were judged before cost one hash. */
  readonly digest?: (text: string) => string
}

/** What stands in place of a message that was stopped before, so that one bad message does not end a session. */
const STOPPED = '[clawnex:blocked]'

/** The judging stage of the model path. */
export function createJudge(engine: Engine, options: JudgeOptions = {}): Judge {
  const policyNow = options.policy ?? (() => DEFAULT_POLICY)
  const remembered = options.digest === undefined ? null : new Remembered(options.digest)
  return {
    request: (units, call) => judgeRequest(engine, policyNow(), remembered, units, call),
    answer: call => new StreamJudge(engine, policyNow(), call),
  }
}

function judgeRequest(
  engine: Engine,
  policy: Policy,
  remembered: Remembered | null,
  units: readonly Unit[],
  call: CallInfo,
): Judgement {
  const started = performance.now()
  const sum = new Sum(policy)
  for (const [position, unit] of units.entries()) {
    const entry = remembered?.find(unit) ?? null
    const assessment = entry?.assessment ?? engine.assess(unit)
    const verdict = decide(policy, assessment, true)
    const again = entry?.stoppedBy !== undefined && entry.stoppedBy !== call.id && position < units.length - 1
    if (verdict === 'block' && again) sum.addStopped(unit, assessment)
    else sum.add(unit.id, utf8Length(unit.text), assessment, verdict, true)
    remembered?.keep(unit, assessment, entry?.stoppedBy ?? (verdict === 'block' ? call.id : undefined))
  }
  return sum.judgement(performance.now() - started)
}

/** Adds units up to one judgement. */
class Sum {
  private readonly policy: Policy
  private readonly findings: Finding[] = []
  private readonly redactions: Redaction[] = []
  private verdict: Verdict = 'allow'
  private score = 0
  private bytes = 0

  constructor(policy: Policy) {
    this.policy = policy
  }

  add(unit: number, bytes: number, assessment: Assessment, verdict: Verdict, blockable: boolean): void {
    this.verdict = worse(this.verdict, verdict)
    this.score = Math.max(this.score, assessment.score)
    this.bytes += bytes
    this.findings.push(...assign(assessment.findings, unit))
    const noted = observation(this.policy, assessment, blockable)
    if (noted !== null) this.findings.push({ ...noted, unit })
    if (this.policy.mode === 'BLOCK') this.redactions.push(...assign(assessment.redactions, unit))
  }

  /** A message that was stopped before and comes again as history: taken out as a whole. */
  addStopped(unit: Unit, assessment: Assessment): void {
    this.verdict = worse(this.verdict, 'redact')
    this.bytes += utf8Length(unit.text)
    this.findings.push(...assign(assessment.findings, unit.id))
    this.redactions.push({ unit: unit.id, start: 0, end: unit.text.length, placeholder: STOPPED })
  }

  judgement(ms: number): Judgement {
    return {
      verdict: this.verdict,
      score: this.score,
      threshold: this.policy.threshold,
      findings: this.findings,
      redactions: this.redactions,
      scannedBytes: this.bytes,
      ms,
    }
  }
}

/** Judges an answer while it streams. The policy that held when the call came holds to its end. */
class StreamJudge implements AnswerJudge {
  private readonly engine: Engine
  private readonly policy: Policy
  private readonly firstUnit: number
  private readonly channels = new Map<string, { unit: number; text: AnswerChannel }>()
  private readonly calls: { unit: number; bytes: number; assessment: Assessment; verdict: Verdict }[] = []
  private met = 0
  private ms = 0

  constructor(engine: Engine, policy: Policy, call: CallInfo) {
    this.engine = engine
    this.policy = policy
    this.firstUnit = call.units.length
  }

  push(channel: string, text: string): AnswerStep {
    const started = performance.now()
    const one = this.channel(channel)
    const step = this.checked(one, one.push(text))
    this.ms += performance.now() - started
    return step
  }

  end(channel: string): AnswerStep {
    const started = performance.now()
    const one = this.channel(channel)
    const step = this.checked(one, one.end())
    this.ms += performance.now() - started
    return step
  }

  toolCall(channel: string, name: string, argumentsText: string): Judgement {
    const started = performance.now()
    const unit = this.unitOf(channel)
    const assessment = this.engine.assess({
      origin: 'tool_call',
      direction: 'outbound',
      text: argumentsText,
      tool: name,
    })
    const verdict = decide(this.policy, assessment, true)
    const bytes = utf8Length(argumentsText)
    this.calls.push({ unit, bytes, assessment, verdict })
    const sum = new Sum(this.policy)
    sum.add(unit, bytes, assessment, verdict, true)
    this.ms += performance.now() - started
    return sum.judgement(this.ms)
  }

  result(): Judgement {
    const sum = new Sum(this.policy)
    for (const { unit, text } of this.channels.values()) {
      const assessment = text.assessment()
      sum.add(unit, text.bytes, assessment, decide(this.policy, assessment, false), false)
    }
    for (const { unit, bytes, assessment, verdict } of this.calls) sum.add(unit, bytes, assessment, verdict, true)
    return sum.judgement(this.ms)
  }

  /** What could not be scanned must not be shown. */
  private checked(channel: AnswerChannel, step: AnswerStep): AnswerStep {
    return channel.truncated && this.policy.mode === 'BLOCK' ? { ...step, cut: this.result() } : step
  }

  private channel(name: string): AnswerChannel {
    let known = this.channels.get(name)
    if (known === undefined) {
      known = { unit: this.unitOf(name), text: new AnswerChannel(this.engine.set, this.policy.mode === 'BLOCK') }
      this.channels.set(name, known)
    }
    return known.text
  }

  private readonly units = new Map<string, number>()

  private unitOf(channel: string): number {
    let unit = this.units.get(channel)
    if (unit === undefined) {
      unit = this.firstUnit + this.met++
      this.units.set(channel, unit)
    }
    return unit
  }
}
