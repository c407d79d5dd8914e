/**
 * Entry of one plane's process: `main-<hash>.mjs --role dashboard|gateway …`. Started by the supervisor or a service manager.
 * A role module is imported only when it is asked for, so the gateway never loads Koa or SQLite.
 */
import { parseProcess } from './role/options.ts'
import { reportFatal, superviseSelf } from './role/process.ts'

const supervised = process.connected
try {
  const options = parseProcess(process.argv.slice(2), process.env)
  const role = options.role === 'dashboard' ? await import('./role/dashboard.ts') : await import('./role/gateway.ts')
  superviseSelf(await role.start(options), options, supervised)
} catch (error) {
  reportFatal(error)
}
