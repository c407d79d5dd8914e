import {
  Button,
  bytes,
  can,
  copy,
  Empty,
  Facts,
  Failed,
  Fall,
  Findings,
  Inspector,
  Minis,
  money,
  ms,
  num,
  Sect,
  Tag,
  Time,
  useInspector,
  useQuery,
  useResource,
  Verdict,
} from 'clawnex/ui'
import type { ComponentChildren } from 'preact'
import { MarkedText } from './marked-text.tsx'
import type { CallDetail, StoredText } from './types.ts'
import { headline, routeSteps, timing, unspent, wasReached } from './words.ts'

/** One call: what happened, why, and where its time went. */
export function CallInspector({ id, position }: { id: string; position?: string | undefined }) {
  const call = useResource<CallDetail>(`traffic/${encodeURIComponent(id)}`)
  const { tab } = useInspector()
  const query = useQuery()
  const detail = call.data
  if (detail === undefined) {
    return (
      <Inspector
        label={`Call ${id}`}
        id={id}
        title={call.error === null ? 'Reading the call' : 'This call cannot be shown'}
      >
        {call.error !== null && <Failed problem={call.error} what="calls" retry={call.reload} />}
      </Inspector>
    )
  }
  const answers = detail.texts?.filter(text => text.direction === 'outbound').length ?? 0
  return (
    <Inspector
      label={`Call ${id}`}
      id={id}
      title={headline(detail)}
      {...(position === undefined ? {} : { position })}
      chips={
        <>
          <Verdict verdict={detail.verdict} />
          <span class="quiet">
            {detail.key?.label ?? 'unknown key'}, <Time at={detail.at} as="clock" />
          </span>
          {detail.route === 'demo' && <Tag>demo</Tag>}
        </>
      }
      tabs={[
        { key: '', title: 'Prompt' },
        { key: 'findings', title: 'Findings', count: detail.findings.length },
        { key: 'response', title: 'Response', ...(answers > 1 ? { count: answers } : {}) },
        { key: 'raw', title: 'Raw' },
      ]}
      foot={
        <>
          {detail.key !== null && (
            <Button onClick={() => query.add(`key:${JSON.stringify(detail.key?.label)}`)}>Only this key</Button>
          )}
          <Button hint="y" onClick={() => copy(location.href, 'Link')}>
            Copy link
          </Button>
        </>
      }
    >
      {tab === 'findings' ? (
        <FindingsTab call={detail} />
      ) : tab === 'response' ? (
        <TextsTab call={detail} direction="outbound" />
      ) : tab === 'raw' ? (
        <RawTab call={detail} />
      ) : (
        <PromptTab call={detail} />
      )}
    </Inspector>
  )
}

function PromptTab({ call }: { call: CallDetail }) {
  return (
    <>
      <Minis
        items={[
          ['Score', num(call.score)],
          ['Took', ms(call.latencyMs)],
          [call.cost === null ? 'Cost' : `Cost, ${call.cost.trust}`, costText(call)],
          ['Tokens', call.tokens === null ? unspent(call) : `${num(call.tokens.input)} in`],
        ]}
      />
      <TextsTab call={call} direction="inbound" />
      {call.findings.length > 0 && <FindingsTab call={call} />}
      <Sect title="Timing" note={`${ms(call.latencyMs)} in total`}>
        <Fall steps={timing(call)} format={ms} />
      </Sect>
      <Sect title="Cost and route">
        <Facts items={routeFacts(call)} />
      </Sect>
    </>
  )
}

function costText(call: CallDetail): string {
  return call.cost === null ? unspent(call) : money(call.cost)
}

function routeFacts(call: CallDetail): [string, ComponentChildren][] {
  const { passed, reached, target } = routeSteps(call)
  return [
    [
      'Cost',
      <>
        {costText(call)} {call.cost !== null && <Tag>{call.cost.trust}</Tag>}
      </>,
    ],
    ['Tokens', call.tokens === null ? unspent(call) : `${num(call.tokens.input)} in, ${num(call.tokens.output)} out`],
    [
      'Route',
      <>
        {passed.join(' → ')} →{' '}
        <span class={reached ? undefined : 'quiet'}>{reached ? target : `${target}, not called`}</span>
      </>,
    ],
    ['Model', call.model],
    ['Scanned', scanned(call)],
    ['Stored', STORED[call.textState]],
  ]
}

const DIALECTS: Readonly<Record<CallDetail['dialect'], string>> = { openai: 'OpenAI', anthropic: 'Anthropic' }

const STORED: Readonly<Record<CallDetail['textState'], string>> = {
  stored: 'Copy without what had to be removed',
  none: 'Metadata only',
  denied: 'Not shown to you',
  unreadable: 'Sealed with a key that is gone',
}

function scanned(call: CallDetail): ComponentChildren {
  if (call.unscannedBytes === 0) return `${bytes(call.scannedBytes)}, nothing left out`
  return (
    <>
      {bytes(call.scannedBytes)}, <span class="crit">{bytes(call.unscannedBytes)} not scanned</span>
    </>
  )
}

function FindingsTab({ call }: { call: CallDetail }) {
  if (call.findings.length === 0) {
    return (
      <Empty kind="none" icon="allow" title="Nothing was found">
        The shield scanned {scanned(call)} in {ms(call.scanMs)}.
      </Empty>
    )
  }
  return (
    <Sect title="Findings" note={`score ${num(call.score)}, blocks at ${num(call.threshold)}`}>
      <Findings
        items={call.findings.map((found, index) => ({
          ref: index + 1,
          what: found.title,
          severity: found.severity,
          note: (
            <>
              <a class="link mono" href={`/traffic?q=${encodeURIComponent(`rule:${found.rule}`)}`}>
                {found.rule}
              </a>
              {found.view !== 'raw' && `, seen after decoding ${found.view}`}
            </>
          ),
        }))}
      />
    </Sect>
  )
}

function TextsTab({ call, direction }: { call: CallDetail; direction: StoredText['direction'] }) {
  const title = direction === 'inbound' ? 'Prompt' : 'Response'
  const texts = call.texts?.filter(text => text.direction === direction) ?? []
  if (texts.length === 0) {
    return (
      <Sect title={title}>
        <p class="prose quiet">{absence(call, direction)}</p>
      </Sect>
    )
  }
  return (
    <Sect title={title} note={`${texts.length === 1 ? '1 text' : `${texts.length} texts`}, redacted copy`}>
      <div class="turns">
        {texts.map(text => (
          <div class="turn" key={`${text.direction}${text.unit}`}>
            <span class="who">
              {text.origin.replace('_', ' ')}
              {text.tool !== null && (
                <>
                  <br />
                  {text.tool}
                </>
              )}
            </span>
            <pre>
              <MarkedText text={text} findings={call.findings} />
              {text.omitted > 0 && <span class="quiet"> … {num(text.omitted)} more characters not kept</span>}
            </pre>
          </div>
        ))}
      </div>
    </Sect>
  )
}

function absence(call: CallDetail, direction: StoredText['direction']): string {
  if (call.textState === 'denied' || !can('traffic.text')) return 'Reading texts needs the right traffic.text.'
  if (call.textState === 'unreadable') return 'The texts are sealed with a key that this installation no longer has.'
  if (direction === 'outbound' && !wasReached(call)) return 'There is no answer: the model was not called.'
  if (call.textState === 'stored') return direction === 'outbound' ? 'The answer had no text.' : 'The call had no text.'
  return 'Texts are not recorded. Settings, Recording says what is kept.'
}

function RawTab({ call }: { call: CallDetail }) {
  return (
    <>
      <Sect title="Timing" note={`${ms(call.latencyMs)} in total`}>
        <Fall steps={timing(call)} format={ms} />
      </Sect>
      <Sect title="Facts">
        <Facts
          items={[
            ['Id', <span class="mono">{call.id}</span>],
            ['At', <Time at={call.at} as="clock" />],
            ['Status', num(call.status)],
            ['Action', call.action],
            ['Address', <span class="mono">{call.path}</span>],
            ['Dialect', DIALECTS[call.dialect]],
            ['Stream', call.stream ? 'yes' : 'no'],
            ['Model', <span class="mono">{call.model}</span>],
            ['Provider', call.provider ?? 'none'],
            ['Error', call.error === null ? 'none' : <span class="mono">{call.error}</span>],
            ['First byte', call.firstByteMs === null ? 'none' : ms(call.firstByteMs)],
            ['Shield', ms(call.scanMs)],
            ['Scanned', scanned(call)],
          ]}
        />
      </Sect>
    </>
  )
}
