import { definePlugin } from 'clawnex/contract'
import { SHIELD_POLICY, SHIELD_SCANNER } from './contract.ts'
import { createEngine } from './engine/index.ts'
import { reportOn } from './report.ts'
import { rulesRoute } from './routes/rules.ts'
import { scanRoute } from './routes/scan.ts'
import { statusRoutes } from './routes/status.ts'
import { createSettings } from './store.ts'

export default definePlugin({
  setup(host) {
    const engine = createEngine()
    const settings = createSettings(host.db, Date.now)
    const publish = () => host.publish(SHIELD_POLICY, settings.policy())

    publish()
    for (const route of statusRoutes(engine, settings, publish)) host.route(route)
    host.route(rulesRoute(engine))
    host.route(scanRoute(engine, settings))
    host.offer(SHIELD_SCANNER, {
      scan: (text, origin = 'user') =>
        reportOn(engine, settings.policy(), text, origin, origin === 'model' ? 'outbound' : 'inbound'),
    })
  },
})
