import type { PluginStatus, TransactionReport } from '../../contract/index.ts'
import { type CliContext, notRunning } from '../context.ts'
import { askDashboard, findRunning } from '../dashboard.ts'
import { exitCode } from '../exit-codes.ts'

/** Lists the plugins of the running product with their states. */
export async function pluginList(context: CliContext): Promise<number> {
  if (findRunning(context.dataDir) === undefined) throw notRunning(context)
  const plugins = (await askDashboard(context.dataDir, 'plugin-list', {})) as readonly PluginStatus[]
  const lines = plugins.map(({ id, version, state, generation, error }) => {
    return `${id.padEnd(20)}${version.padEnd(10)}${state.padEnd(12)}generation ${generation}\n${error ? `  ${error.code}: ${error.message}\n` : ''}`
  })
  context.print(plugins, lines.join(''))
  return exitCode(plugins.every(({ error }) => error === null) ? 'ok' : 'degraded')
}

/** Reloads one plugin through the whole transaction. */
export async function pluginReload(context: CliContext, plugin: string): Promise<number> {
  if (findRunning(context.dataDir) === undefined) throw notRunning(context)
  const report = (await askDashboard(context.dataDir, 'plugin-reload', { plugin })) as TransactionReport
  context.print(
    report,
    `${plugin} ${report.to?.version ?? ''} ${report.result}, generation ${report.to?.generation ?? 0} (${report.ms} ms)\n`,
  )
  return exitCode('ok')
}
