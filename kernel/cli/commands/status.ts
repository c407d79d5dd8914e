import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { GatewayStatus, PluginStatus } from '../../contract/index.ts'
import { type CliContext, notRunning } from '../context.ts'
import { askDashboard, findRunning, type Running } from '../dashboard.ts'
import { exitCode } from '../exit-codes.ts'

interface DashboardStatus {
  readonly version: string
  readonly dashboard: string
  readonly plugins: readonly Pick<PluginStatus, 'id' | 'version' | 'state' | 'generation' | 'error'>[]
  readonly gateway: GatewayStatus
}

interface StatusReport {
  readonly status: 'ok' | 'degraded'
  readonly pid: number | null
  readonly version: string | null
  readonly startedAt: number | null
  readonly dashboard: { readonly url: string | null; readonly answers: boolean }
  readonly model: { readonly url: string | null; readonly answers: boolean }
  readonly plugins: DashboardStatus['plugins']
  readonly gateway: GatewayStatus | null
  /** What keeps it from being ok, one sentence each. */
  readonly problems: readonly string[]
}

const ANSWER_MS = 1_000

/** Exit code 0 ok, 3 not running, 4 degraded. */
export async function status(context: CliContext): Promise<number> {
  const running = findRunning(context.dataDir)
  const told = await askInTime(context.dataDir)
  if (running === undefined && told === undefined) {
    if (context.json) context.print({ status: 'not running' }, '')
    throw notRunning(context)
  }
  const report = await describe(running, told)
  context.print(report, format(report))
  return exitCode(report.status === 'ok' ? 'ok' : 'degraded')
}

/** A dashboard that is down or hangs is part of the answer, not an error. */
async function askInTime(dataDir: string): Promise<DashboardStatus | undefined> {
  const answer = askDashboard(dataDir, 'status', {}).catch(() => undefined)
  return (await Promise.race([answer, wait(ANSWER_MS, undefined, { ref: false })])) as DashboardStatus | undefined
}

async function describe(running: Running | undefined, told: DashboardStatus | undefined): Promise<StatusReport> {
  const dashboard = running?.dashboard ?? told?.dashboard ?? null
  const model = running?.model ?? (told?.gateway.port ? `http://127.0.0.1:${told.gateway.port}` : null)
  const [dashboardAnswers, modelAnswers] = await Promise.all([
    answers(dashboard && `${dashboard}/api/health`),
    answers(model && `${model}/health/liveliness`),
  ])
  const problems = [
    ...(dashboardAnswers ? [] : ['The dashboard does not answer.']),
    ...(modelAnswers ? [] : ['The model path does not answer.']),
    ...(told && !told.gateway.connected ? ['The gateway is not connected to the dashboard.'] : []),
    ...(told?.plugins ?? []).flatMap(({ id, state, error }) =>
      error || state !== 'active' ? [`Plugin ${id} is ${state}${error ? `: ${error.code} ${error.message}` : ''}`] : [],
    ),
  ]
  return {
    status: problems.length === 0 ? 'ok' : 'degraded',
    pid: running?.pid ?? null,
    version: running?.version ?? told?.version ?? null,
    startedAt: running?.startedAt ?? null,
    dashboard: { url: dashboard, answers: dashboardAnswers },
    model: { url: model, answers: modelAnswers },
    plugins: told?.plugins ?? [],
    gateway: told?.gateway ?? null,
    problems,
  }
}

function answers(url: string | null): Promise<boolean> {
  if (url === null) return Promise.resolve(false)
  return new Promise(resolve => {
    const request = get(url, { timeout: ANSWER_MS, agent: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
    request.on('close', () => resolve(false))
  })
}

function format(report: StatusReport): string {
  const line = (name: string, { url, answers: ok }: StatusReport['dashboard']) =>
    `  ${name.padEnd(12)}${url ?? 'unknown'}  ${ok ? 'answers' : 'does not answer'}\n`
  const plugins = report.plugins.map(
    ({ id, version, state }) => `${id} ${version}${state === 'active' ? '' : ` (${state})`}`,
  )
  return [
    `ClawNex ${report.version ?? ''} ${report.status}${report.pid ? `, process ${report.pid}` : ''}\n`,
    line('dashboard', report.dashboard),
    line('model path', report.model),
    report.gateway?.litellm ? `  ${'litellm'.padEnd(12)}${report.gateway.litellm.state}\n` : '',
    plugins.length > 0 ? `  ${'plugins'.padEnd(12)}${plugins.join(', ')}\n` : '',
    ...report.problems.map(problem => `! ${problem}\n`),
  ].join('')
}
