/** Reads and judges a call before anything of it leaves. */
import {
  type CallInfo,
  GatewayError,
  type Judge,
  type Judgement,
  type KeyOwner,
  type Target,
} from '../contract/index.ts'
import type { Snapshot } from '../ports.ts'
import { type DialectAdapter, describeFindings, type ParsedCall } from './dialect.ts'
import type { Facts } from './record/record.ts'
import { requireJudge, resolveModel } from './services.ts'

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
  facts.model = call.model
  facts.stream = call.stream
  facts.units = call.units
  const judge = requireJudge(snapshot)
  const target = resolveModel(snapshot, call.model, adapter.dialect)
  facts.target = target
  if (!mayUse(owner, target)) throw new GatewayError('GW_KEY_MODEL')
  const info: CallInfo = {
    id: facts.id,
    model: target.model,
    provider: target.provider,
    keyId: owner.id,
    stream: call.stream,
    dialect: adapter.dialect,
    units: call.units,
  }
  facts.request = ask(judge, call, info)
  refuseByVerdict(facts.request)
  return { call, judge, info }
}

function ask(judge: Judge, call: ParsedCall, info: CallInfo): Judgement {
  try {
    return judge.request(call.units, info)
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
