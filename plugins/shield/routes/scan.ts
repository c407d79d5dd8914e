import { defineRoute, type Origin, type RouteSpec } from 'clawnex/contract'
import type { Engine } from '../engine/index.ts'
import { reportOn } from '../report.ts'
import type { Settings } from '../store.ts'
import { ScanBody, ScanReply } from './schemas.ts'

/** Judges a text outside a call. Nothing a caller sends can switch rules off. */
export function scanRoute(engine: Engine, settings: Settings): RouteSpec {
  return defineRoute({
    method: 'POST',
    path: '/scan',
    summary: 'Judges a text as the model path would. Nothing is stored.',
    permission: 'shield.scan',
    audit: 'shield.scan.run',
    rate: 'expensive',
    bodyLimit: 2_100_000,
    body: ScanBody,
    reply: ScanReply,
    handle({ body }) {
      const started = performance.now()
      const policy = settings.policy()
      const origin = (body.origin ?? 'user') as Origin
      const direction = body.direction ?? (origin === 'model' ? 'outbound' : 'inbound')
      const { groups: _, ...report } = reportOn(engine, policy, body.text, origin, direction)
      return {
        ...report,
        findings: [...report.findings],
        threshold: policy.threshold,
        mode: policy.mode,
        ms: Math.round((performance.now() - started) * 1000) / 1000,
      }
    },
  })
}
