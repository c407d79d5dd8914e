/** What the model path takes from the running plugins. Read once per call, from the snapshot the call is pinned to. */
import {
  type Dialect,
  GatewayError,
  JUDGE,
  type Judge,
  MODEL_KEYS,
  type ModelKeys,
  RECORDING,
  ROUTER,
  type Router,
  type Target,
  type TextMode,
  tokenKey,
} from '../contract/index.ts'
import type { Snapshot } from '../ports.ts'

const JUDGE_KEY = tokenKey(JUDGE)
const KEYS_KEY = tokenKey(MODEL_KEYS)
const RECORDING_KEY = tokenKey(RECORDING)
const ROUTER_KEY = tokenKey(ROUTER)
const NONE: readonly unknown[] = []

export function findKeys(snapshot: Snapshot): ModelKeys | undefined {
  return snapshot.services.get(KEYS_KEY) as ModelKeys | undefined
}

export function findRouters(snapshot: Snapshot): readonly Router[] {
  return (snapshot.points.get(ROUTER_KEY) ?? NONE) as readonly Router[]
}

/** Two judges would leave open whose word counts, so only exactly one will do. Throws GW_SCANNER. */
export function requireJudge(snapshot: Snapshot): Judge {
  const judges = snapshot.points.get(JUDGE_KEY) ?? NONE
  if (judges.length === 1) return judges[0] as Judge
  throw new GatewayError('GW_SCANNER', {
    detail: judges.length === 0 ? 'The plugin shield is not active.' : 'More than one shield is active.',
  })
}

const SPEAKS: Readonly<Record<Dialect, string>> = {
  openai: 'the OpenAI dialect; call it with POST /v1/chat/completions or /v1/responses',
  anthropic: 'the Anthropic dialect; call it with POST /v1/messages',
}

/** Nothing is translated, so the target speaks the dialect of the call. Throws GW_NOT_READY or GW_MODEL_UNKNOWN. */
export function resolveModel(snapshot: Snapshot, model: string, dialect: Dialect): Target {
  const routers = findRouters(snapshot)
  if (routers.length === 0) throw new GatewayError('GW_NOT_READY', { detail: 'The plugin providers is not active.' })
  let other: Target | null = null
  for (const router of routers) {
    const target = router.resolve(model, dialect)
    if (target?.dialect === dialect) return target
    other ??= target
  }
  if (!other) throw new GatewayError('GW_MODEL_UNKNOWN')
  throw new GatewayError('GW_MODEL_UNKNOWN', {
    detail: `Provider "${other.provider}" speaks ${SPEAKS[other.dialect]}.`,
  })
}

export function textMode(snapshot: Snapshot): TextMode {
  const recording = snapshot.services.get(RECORDING_KEY) as { textMode(): TextMode } | undefined
  return recording?.textMode() ?? 'metadata'
}

/** Reasons why no call can be served; empty when ready. */
export function readinessGaps(snapshot: Snapshot, version: number): string[] {
  const judges = snapshot.points.get(JUDGE_KEY)?.length ?? 0
  return [
    ...(version > 0 ? [] : ['no snapshot yet']),
    ...(findKeys(snapshot) ? [] : ['no keys']),
    ...(findRouters(snapshot).length > 0 ? [] : ['no providers']),
    ...(judges === 1 ? [] : [judges === 0 ? 'no shield' : 'more than one shield']),
  ]
}
