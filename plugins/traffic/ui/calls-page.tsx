import {
  api,
  Button,
  type Column,
  Empty,
  Failed,
  money,
  NewsRow,
  NoMatch,
  navigate,
  num,
  Page,
  prefs,
  problemOf,
  Table,
  toast,
  useInspector,
  useQuery,
} from 'clawnex/ui'
import type { TrafficItem } from '../contract.ts'
import { CallInspector } from './call-inspector.tsx'
import { CallsChart } from './chart.tsx'
import { MODEL, TIME, TOOK, VERDICT } from './columns.tsx'
import { useCalls } from './use-calls.ts'
import { findingsText, unspent } from './words.ts'

const COLUMNS: readonly Column<TrafficItem>[] = [
  { ...TIME, sort: 'descending' },
  VERDICT,
  MODEL,
  { key: 'key', label: 'Key', cell: keyCell },
  {
    key: 'findings',
    label: 'Findings',
    width: 'col-find',
    cell: call => <span class="strong">{findingsText(call)}</span>,
  },
  { key: 'tokens', label: 'Tokens', width: 'col-tok', num: true, optional: true, place: 'drop', cell: tokensCell },
  { key: 'cost', label: 'Cost', width: 'col-cost', num: true, cell: costCell },
  TOOK,
]

/** The name alone: the last four characters stand in the inspector. */
function keyCell({ key }: TrafficItem) {
  if (key === null) return <span class="quiet">none</span>
  return <span title={key.label}>{key.label.replace(/ …\w{4}$/, '')}</span>
}

function tokensCell(call: TrafficItem) {
  if (call.tokens !== null) return num(call.tokens.input + call.tokens.output)
  return (
    <span class="quiet">
      <span aria-hidden="true">–</span>
      <span class="sr">{unspent(call)}</span>
    </span>
  )
}

function costCell(call: TrafficItem) {
  if (call.route === 'demo') return <span class="quiet">demo</span>
  return call.cost === null ? <span class="quiet">{unspent(call)}</span> : money(call.cost)
}

/** All calls that went through the model path, newest first. */
export function CallsPage() {
  const query = useQuery()
  const inspector = useInspector()
  const calls = useCalls(query.text, () => isReading(inspector.id !== null))
  const { shown, waiting, next } = calls.list
  const at = shown.findIndex(call => call.id === inspector.id)
  return (
    <Page
      title="Traffic"
      area="traffic"
      placeholder="verdict:block model:openai/* rule:injection.*"
      live
      range
      inspector={
        inspector.id !== null && (
          <CallInspector
            id={inspector.id}
            position={at < 0 ? undefined : `${at + 1} of ${shown.length}${next === null ? '' : '+'}`}
          />
        )
      }
    >
      <CallsChart range={chartRange(query.since)} />
      <h2 class="sr">Calls</h2>
      <Table
        caption="Model calls, newest first"
        columns={COLUMNS}
        rows={calls.loading ? undefined : shown}
        loading={calls.loading}
        rowKey={call => call.id}
        href={call => inspector.href(call.id)}
        open={inspector.id}
        news={<NewsRow count={waiting.length} what="calls" columns={COLUMNS.length} onShow={calls.show} />}
        empty={calls.problem === null && <NoCalls searching={next !== null} onMore={calls.more} />}
      />
      {calls.problem !== null && <Failed problem={calls.problem} what="calls" retry={calls.reload} />}
      {next !== null && shown.length > 0 && (
        <p class="pad list-foot">
          <Button onClick={calls.more}>Show older calls</Button>
        </p>
      )}
    </Page>
  )
}

/** The chart takes spans; a date in the query leaves it at the last hour. */
function chartRange(since: string | null): string {
  return since !== null && /^\d+[mhdw]$/.test(since) ? since : '1h'
}

/** Rows move only while nobody can be reading them: live, at the top, nothing open. */
function isReading(open: boolean): boolean {
  const scrolled = (document.getElementById('main')?.scrollTop ?? 0) > 8
  return open || scrolled || prefs.live.value === 'off'
}

function NoCalls({ searching, onMore }: { searching: boolean; onMore(): Promise<void> }) {
  const query = useQuery()
  if (searching) {
    return (
      <Empty
        kind="match"
        title="Nothing yet in the calls looked at"
        actions={<Button onClick={onMore}>Search older calls</Button>}
      >
        There are older calls that were not searched.
      </Empty>
    )
  }
  if (query.text !== '') return <NoMatch query={query} what="calls" />
  return (
    <Empty
      kind="none"
      title="No calls yet"
      actions={
        <>
          <Button kind="primary" onClick={sendFirst}>
            Send a test prompt
          </Button>
          <a class="link" href="/agents?view=providers&add=1">
            Add a provider
          </a>
        </>
      }
    >
      Calls appear here when an agent talks through the gateway. Send one to see it arrive.
    </Empty>
  )
}

async function sendFirst(): Promise<void> {
  try {
    const { callId } = await api.post<{ callId: string | null }>('providers/demo-call', { sample: 'first' })
    toast('Test prompt sent to the demo model')
    if (callId !== null) navigate('/traffic')
  } catch (error) {
    const problem = problemOf(error)
    toast(`Not sent. ${problem.message} ${problem.action ?? ''}`)
  }
}
