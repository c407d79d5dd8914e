import { type ApiProblem, type Column, Empty, Failed, micros, ms, Table, Time, Txn, type TxnStep } from 'clawnex/ui'
import type { TransactionReport, VersionedGeneration } from '../../../../kernel/contract/index.ts'

/** The ten steps people see. The short ones that always go together are told as one. */
const STEPS: readonly (readonly [string, readonly string[]])[] = [
  ['Verify', ['verify']],
  ['Bundle', ['bundle']],
  ['Evaluate', ['evaluate']],
  ['Config', ['config']],
  ['Rehearse', ['rehearse']],
  ['Set up', ['setup']],
  ['Migrate', ['migrate']],
  ['Probe', ['probe']],
  ['Swap', ['commit', 'announce']],
  ['Drain', ['drain', 'retire']],
]

export function stepsOf(report: TransactionReport): TxnStep[] {
  return STEPS.map(([name, phases]) => {
    const parts = report.steps.filter(step => phases.includes(step.phase))
    const failed = parts.find(step => step.state === 'failed')
    const done = parts.filter(step => step.state === 'done')
    if (failed) return { key: name, name, state: 'fail', note: report.error?.code ?? 'failed' }
    if (name === 'Swap' && report.swapMicros !== null)
      return { key: name, name, state: 'ok', note: micros(report.swapMicros) }
    if (name === 'Drain' && report.result === 'swapped') return { key: name, name, state: 'ok', note: drained(report) }
    if (done.length === 0)
      return { key: name, name, state: 'skip', note: report.result === 'failed' ? 'skipped' : 'nothing' }
    return { key: name, name, state: 'ok', note: ms(done.reduce((sum, step) => sum + step.ms, 0)) }
  })
}

const drained = (report: TransactionReport): string =>
  report.drainedMs !== null ? ms(report.drainedMs) : report.from === null ? 'nothing' : 'still draining'

const versionOf = (version: VersionedGeneration | null): string => version?.version ?? '–'

export function versionsOf({ from, to }: Pick<TransactionReport, 'from' | 'to'>): string {
  if (from === null) return versionOf(to)
  // The same version again is the usual case while someone edits: then the generations tell the two apart.
  if (to !== null && from.version === to.version) return `${to.version}, ${from.generation} → ${to.generation}`
  return to === null ? `${versionOf(from)} removed` : `${versionOf(from)} → ${versionOf(to)}`
}

export function LastReload({ report }: { report: TransactionReport }) {
  const steps = stepsOf(report)
  const stopped = steps.findIndex(step => step.state === 'fail')
  return (
    <section class="area" aria-labelledby="h-tx">
      <div class="area-head">
        <h2 id="h-tx">Last reload</h2>
        <span class="quiet small">
          {report.plugin} {versionsOf(report)}, transaction {report.id},{' '}
          {stopped < 0
            ? `${report.result} in ${ms(report.ms)}`
            : `stopped at step ${stopped + 1}, undone within ${ms(report.ms)}`}
          , by {report.by}, <Time at={report.startedAt} />
        </span>
      </div>
      <Txn steps={steps} />
    </section>
  )
}

const RESULTS = { swapped: 'Swapped', failed: 'Failed', removed: 'Removed' } as const

const COLUMNS: readonly Column<TransactionReport>[] = [
  {
    key: 'when',
    label: 'When',
    width: 'col-age2',
    quiet: true,
    place: 'end',
    cell: report => <Time at={report.startedAt} as="when" />,
  },
  { key: 'plugin', label: 'Plugin', place: 'main', cell: report => report.plugin },
  { key: 'version', label: 'Version', width: 'col-5', mono: true, cell: versionsOf },
  {
    key: 'result',
    label: 'Result',
    width: 'col-3',
    cell: report => (report.result === 'failed' ? <span class="crit">{RESULTS.failed}</span> : RESULTS[report.result]),
  },
  {
    key: 'swap',
    label: 'Swap',
    width: 'col-spend',
    num: true,
    short: 'swap',
    cell: report => (report.swapMicros === null ? 'none' : micros(report.swapMicros)),
  },
  {
    key: 'drained',
    label: 'Drained in',
    width: 'col-spend',
    num: true,
    short: 'drained',
    cell: report => (report.result === 'failed' ? '' : drained(report) === 'nothing' ? '' : drained(report)),
  },
]

export interface EarlierReloadsProps {
  readonly title: string
  readonly reloads: readonly TransactionReport[]
  readonly error: ApiProblem | null
  retry(): Promise<void>
}

export function EarlierReloads({ title, reloads, error, retry }: EarlierReloadsProps) {
  return (
    <section aria-labelledby="h-log">
      <header class="area-head pad prov-head">
        <h2 id="h-log">{title}</h2>
        <span class="quiet small">the latest 100 since this start</span>
      </header>
      <Table
        caption={title}
        columns={COLUMNS}
        rows={reloads}
        rowKey={report => String(report.id)}
        density="compact"
        fixedHead
        empty={
          error ? (
            <Failed problem={error} what="reloads" retry={retry} />
          ) : (
            <Empty kind="none" title="No other reload since this start">
              Edit a file of a plugin while ClawNex runs, or press Reload, and it appears here.
            </Empty>
          )
        }
      />
    </section>
  )
}
