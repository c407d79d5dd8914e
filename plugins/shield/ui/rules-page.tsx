import {
  Button,
  type Column,
  can,
  Failed,
  Inspector,
  NoMatch,
  Page,
  Sect,
  SeverityMark,
  setParams,
  Table,
  useInspector,
  useQuery,
  useResource,
  useRoute,
} from 'clawnex/ui'
import { ModeDialog, ModeSentence, useShield } from './mode.tsx'
import type { RuleList, RuleRow } from './types.ts'

const EFFECTS: Readonly<Record<RuleRow['effect'], string>> = { block: 'Block', redact: 'Redact', note: 'Note' }

const COLUMNS: readonly Column<RuleRow>[] = [
  {
    key: 'severity',
    label: 'Severity',
    width: 'col-sevc',
    place: 'lead',
    sort: 'descending',
    cell: rule => <SeverityMark severity={rule.severity} tone="calm" />,
  },
  { key: 'title', label: 'Rule', place: 'main', cell: rule => rule.title },
  { key: 'id', label: 'Id', width: 'col-id', mono: true, quiet: true, optional: true, cell: rule => rule.id },
  { key: 'effect', label: 'Action', width: 'col-3', place: 'end', cell: rule => EFFECTS[rule.effect] },
]

/** All rules of the shield and its mode. `?mode=ask` opens the question. */
export function RulesPage() {
  const shield = useShield()
  const query = useQuery()
  const rules = useResource<RuleList>(`shield/rules?q=${encodeURIComponent(query.text)}`)
  const inspector = useInspector()
  const { query: address } = useRoute()
  const open = rules.data?.items.find(rule => rule.id === inspector.id)
  const status = shield.data
  const mayChange = can('shield.mode') && status !== undefined
  return (
    <Page
      title="Detections"
      area="detections"
      placeholder="Add a filter: severity:>=high, category:secret"
      actions={
        mayChange && (
          <Button onClick={() => setParams({ mode: 'ask' })}>
            {status.mode === 'BLOCK' ? 'Observe only' : 'Block again'}
          </Button>
        )
      }
      inspector={open !== undefined && <RuleInspector rule={open} threshold={status?.threshold ?? 60} />}
    >
      {status !== undefined && (
        <section class="area-head pad mt-3" aria-label="Mode">
          <ModeSentence status={status} />
        </section>
      )}
      <Table
        caption="Rules of the shield"
        columns={COLUMNS}
        rows={rules.data?.items}
        loading={rules.loading}
        rowKey={rule => rule.id}
        href={rule => inspector.href(rule.id)}
        open={inspector.id}
        empty={
          rules.error !== null ? (
            <Failed problem={rules.error} what="rules" retry={rules.reload} />
          ) : (
            <NoMatch query={query} what="rules" />
          )
        }
      />
      {mayChange && address['mode'] === 'ask' && (
        <ModeDialog status={status} onClose={() => setParams({ mode: null })} onChanged={shield.put} />
      )}
    </Page>
  )
}

const percent = (weight: number): string => `${Math.round(weight * 100)} of 100`

function RuleInspector({ rule, threshold }: { rule: RuleRow; threshold: number }) {
  return (
    <Inspector
      label={`Rule ${rule.id}`}
      id={rule.id}
      title={rule.title}
      chips={<SeverityMark severity={rule.severity} tone="calm" />}
    >
      <Sect title="What it does">
        <p>
          {rule.effect === 'redact' && 'What it finds is replaced by its name, in prompts and in answers.'}
          {rule.effect === 'note' && 'What it finds is noted on the call and changes nothing.'}
          {rule.effect === 'block' && `Adds to the score of a text. From ${threshold} the call is stopped.`}
        </p>
      </Sect>
      {rule.effect === 'block' && (
        <Sect title="Weight" note="one match alone">
          <dl class="facts">
            <dt>From a user</dt>
            <dd>{percent(rule.weight.user)}</dd>
            <dt>In tool results and pages</dt>
            <dd>{percent(rule.weight.data)}</dd>
          </dl>
        </Sect>
      )}
      {rule.keywords.length > 0 && (
        <Sect title="Starts at">
          <p class="mono">{rule.keywords.join(' · ')}</p>
        </Sect>
      )}
    </Inspector>
  )
}
