/** Reads and judges a call before anything of it leaves. */
import {
  type CallInfo,
  type Dialect,
  GatewayError,
  type Judge,
  type Judgement,
  type KeyOwner,
  type Target,
  type Unit,
} from '../contract/index.ts'
import type { Snapshot } from '../ports.ts'
import { type DialectAdapter, describeFindings, type ParsedCall } from './dialect.ts'
import type { Facts } from './record/record.ts'
import { isKeptOut } from './record/texts.ts'
import { MODEL_PATH } from './request/parsed.ts'
import { requireJudge, resolveModel } from './services.ts'

/** No provider has names as long as this. */
const MODEL_CHARS = 256
/** On record in place of a model name that holds a secret. */
const REMOVED = '[removed]'

export interface IncomingCall {
  readonly body: Buffer
  readonly adapter: DialectAdapter
  readonly owner: KeyOwner
  readonly snapshot: Snapshot
  readonly depth: number
}

export interface JudgedCall {
  readonly call: ParsedCall
  readonly judge: Judge
  readonly info: CallInfo
}

/** Notes in `facts` what it learns on the way, so that a refusal is on record with all that was known. Throws the refusal. */
export function judgeRequest(incoming: IncomingCall, facts: Facts): JudgedCall {
  const { body, adapter, owner, snapshot, depth } = incoming
  const call = adapter.readCall(body, depth)
  facts.stream = call.stream
  if (call.model.length > MODEL_CHARS)
    throw new GatewayError('GW_BODY', { detail: `"model" is longer than ${MODEL_CHARS} characters.` })
  const judge = requireJudge(snapshot)
  const { id, dialect } = facts
  const known = { id, keyId: owner.id, stream: call.stream, dialect }
  const target = findTarget(snapshot, call, owner, dialect, facts, () => {
    const units = [modelUnit(call.model)]
    return { judge, units, info: { ...known, model: call.model, provider: '', units } }
  })
  const info: CallInfo = { ...known, model: target.model, provider: target.provider, units: call.units }
  facts.request = ask(judge, call.units, info)
  if (facts.request.verdict !== 'error') facts.units = call.units
  const unit = call.units.find(({ path }) => path === MODEL_PATH)
  facts.model = recordedModel(call.model, facts.request, unit)
  refuseByVerdict(facts.request)
  return { call, judge, info }
}

/** Notes the model also when there is no target, once it is known that its name holds nothing that must not be kept. */
function findTarget(
  snapshot: Snapshot,
  call: ParsedCall,
  owner: KeyOwner,
  dialect: Dialect,
  facts: Facts,
  name: () => { judge: Judge; units: readonly Unit[]; info: CallInfo },
): Target {
  try {
    const target = resolveModel(snapshot, call.model, dialect)
    facts.target = target
    if (!mayUse(owner, target)) throw new GatewayError('GW_KEY_MODEL')
    return target
  } catch (error) {
    const { judge, units, info } = name()
    facts.model = recordedModel(call.model, ask(judge, units, info), units[0])
    throw error
  }
}

function modelUnit(text: string): Unit {
  return { id: 0, origin: 'user', direction: 'inbound', path: MODEL_PATH, text }
}

function recordedModel(model: string, { verdict, findings, redactions }: Judgement, unit: Unit | undefined): string {
  const removed =
    verdict === 'error' ||
    unit === undefined ||
    redactions.some(redaction => redaction.unit === unit.id) ||
    findings.some(finding => finding.unit === unit.id && isKeptOut(finding))
  return removed ? REMOVED : model
}

const HARMLESS_LIMIT = 256
const harmlessTexts = new WeakMap<Judge, Set<string>>()

/** True when the judge finds nothing in a text that travels beside a body. False also when it fails. */
export function isHarmless(text: string, { judge, info }: Pick<JudgedCall, 'judge' | 'info'>): boolean {
  if (text === '') return true
  const known = harmlessTexts.get(judge) ?? new Set()
  harmlessTexts.set(judge, known)
  if (known.has(text)) return true
  if (!isAllowed(text, judge, info)) return false
  if (known.size >= HARMLESS_LIMIT) known.clear()
  known.add(text)
  return true
}

function isAllowed(text: string, judge: Judge, info: CallInfo): boolean {
  const units: Unit[] = [{ id: 0, origin: 'user', direction: 'inbound', path: '/#headers', text }]
  try {
    const { verdict, findings } = judge.request(units, { ...info, units })
    return (verdict === 'allow' || verdict === 'review') && !findings.some(isKeptOut)
  } catch {
    // Nothing hangs on these headers, so the call goes on without them; its body was or will be judged.
    return false
  }
}

function ask(judge: Judge, units: readonly Unit[], info: CallInfo): Judgement {
  try {
    return judge.request(units, info)
  } catch (cause) {
    throw new GatewayError('GW_SCANNER', { cause })
  }
}

function refuseByVerdict(judgement: Judgement): void {
  if (judgement.verdict === 'error') throw new GatewayError('GW_SCANNER')
  if (judgement.verdict === 'block') throw new GatewayError('GW_BLOCKED', { detail: describeFindings(judgement) })
  // A judge that says "redact" and names nothing leaves open what must not pass.
  if (judgement.verdict === 'redact' && judgement.redactions.length === 0) throw new GatewayError('GW_SCANNER')
}

function mayUse({ models }: KeyOwner, { provider, model }: Target): boolean {
  return models === null || models.includes(`${provider}/${model}`) || models.includes(`${provider}/*`)
}
