import { defineRoute, type RouteSpec } from 'clawnex/contract'
import { Type } from 'typebox'
import { DEFAULT_POLICY, type Engine } from '../engine/index.ts'
import type { ModeSetting, Settings } from '../store.ts'
import { Mode, Status } from './schemas.ts'

/** The mode of the shield and the switch between observing and blocking. */
export function statusRoutes(engine: Engine, settings: Settings, publish: () => void): readonly RouteSpec[] {
  return [
    defineRoute({
      method: 'GET',
      path: '',
      summary: 'Mode, thresholds and rules of the shield.',
      permission: 'shield.read',
      reply: Status,
      probe: true,
      handle: () => describe(engine, settings.mode()),
    }),
    defineRoute({
      method: 'PUT',
      path: '/mode',
      summary: 'Switches between observing and blocking; holds for the next call.',
      permission: 'shield.mode',
      body: Type.Object({ mode: Mode }, { additionalProperties: false }),
      reply: Status,
      audit: 'shield.mode.set',
      handle({ body, actor, log }) {
        const setting = settings.setMode(body.mode, actor?.name ?? 'unknown')
        publish()
        log.info({ mode: setting.mode, by: actor?.id }, 'shield mode set')
        return describe(engine, setting)
      },
    }),
  ]
}

function describe(engine: Engine, setting: ModeSetting) {
  const categories: Record<string, number> = {}
  for (const { rule } of engine.set.rules) categories[rule.category] = (categories[rule.category] ?? 0) + 1
  return {
    mode: setting.mode,
    threshold: DEFAULT_POLICY.threshold,
    review: DEFAULT_POLICY.review,
    changedAt: setting.changedAt,
    changedBy: setting.changedBy,
    rules: {
      count: engine.set.rules.length,
      keywords: engine.set.keywordLength.length,
      version: engine.set.version,
      categories,
    },
  }
}
