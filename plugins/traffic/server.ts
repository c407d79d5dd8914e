import { CALLS, definePlugin } from 'clawnex/contract'
import { RECORDING_SETTINGS, TRAFFIC_CALL } from './contract.ts'
import { createAnnouncer } from './ingest/announcer.ts'
import { createWriter } from './ingest/writer.ts'
import { createReader } from './query/reader.ts'
import { createRetention } from './retention.ts'
import { createRollupStore } from './rollup/store.ts'
import { callRoutes } from './routes/calls.ts'
import { settingsRoutes } from './routes/settings.ts'
import { totalRoutes } from './routes/totals.ts'
import { createSettingsStore } from './settings/store.ts'

const HOUR_MS = 3_600_000
const MARK_MS = 20_000

export default definePlugin({
  async setup(host) {
    const now = Date.now
    const { db, secrets } = host
    const rollups = createRollupStore(db)
    const settings = createSettingsStore(db, now)
    const reader = createReader(db, secrets)
    const write = createWriter({ db, secrets, rollups, settings })
    const announcer = createAnnouncer(db, item => host.emit(TRAFFIC_CALL, item))
    await host.effect('announcer', () => announcer.stop)
    const prune = createRetention({ db, rollups, settings, now })

    const publish = () => host.publish(RECORDING_SETTINGS, { textMode: settings.get().textMode })
    publish()

    // Fixed paths before the one with a parameter.
    for (const route of [
      ...totalRoutes(rollups, db, now),
      ...settingsRoutes(settings, publish),
      ...callRoutes(reader, now),
    ]) {
      host.route(route)
    }
    host.onRecords(CALLS, rows => announcer.announce(write(rows)))
    host.job({ name: 'mark-minute', every: MARK_MS, atStart: true, run: () => rollups.markSeen(now()) })
    host.job({
      name: 'retention',
      every: HOUR_MS,
      atStart: true,
      async run(signal) {
        const removed = await prune(signal)
        if (removed > 0) host.log.info({ removed }, 'old calls removed')
      },
    })
  },
})
