import { ACCESS, CALLS, definePlugin, PERMISSIONS } from 'clawnex/contract'
import { createAccess } from './access.ts'
import { INTERNAL_KEYS, KEY_TABLE } from './contract.ts'
import { hashSecret, mintKey } from './keys/format.ts'
import { createKeyStore } from './keys/store.ts'
import { keyRoutes } from './routes/keys.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { sessionCookie } from './sessions/cookie.ts'
import { createSessionStore } from './sessions/store.ts'

const SWEEP_MS = 15_000
const INTERNAL_ID = 'internal'

export default definePlugin({
  async setup(host) {
    const now = Date.now
    const keys = createKeyStore(host.db, now)
    const sessions = createSessionStore(host.db, now)
    const listeners = await host.shared('rbac.revocation-listeners', async () => ({
      value: new Set<(actorId: string) => void>(),
      close: () => {},
    }))
    // Shared, so that a reload of this plugin does not cut off a call of the dashboard that is under way.
    const internalKey = await host.shared('rbac.internal-key', async () => ({
      value: mintKey('model'),
      close: () => {},
    }))

    const publish = () => {
      const internal = {
        id: INTERNAL_ID,
        hash: hashSecret(internalKey),
        last4: internalKey.slice(-4),
        name: 'guided start',
        models: null,
        expiresAt: null,
      }
      host.publish(KEY_TABLE, { keys: [...keys.published(), internal] })
    }
    const warn = (error: unknown) => host.log.warn({ err: error }, 'time of last use cannot be written')
    const cookie = sessionCookie(host.run.dashboardPort)
    const access = createAccess({ mode: host.run.rbac, keys, sessions, cookie, now, listeners, warn })

    publish()
    host.offer(ACCESS, access)
    host.offer(INTERNAL_KEYS, { modelKey: () => internalKey })
    const permissions = () => host.find(PERMISSIONS)
    const ofKeys = keyRoutes({ keys, access, permissions, publish, now })
    for (const route of [...ofKeys, ...sessionRoutes(sessions, access, cookie)]) host.route(route)

    host.onRecords(CALLS, rows => {
      for (const { row } of rows) if (row.key !== null) keys.touch(row.key.id, row.at)
    })

    let sweptAt = now()
    host.job({
      name: 'end-expired',
      every: SWEEP_MS,
      run() {
        const ended = [...sessions.sweep(), ...keys.expiredSince(sweptAt)]
        sweptAt = now()
        if (ended.length > 0) publish()
        ended.forEach(access.revoked)
      },
    })
  },
})
