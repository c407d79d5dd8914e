import { Type } from 'typebox'

const Nullable = <T extends import('typebox').TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const Verdict = Type.Union([
  Type.Literal('allow'),
  Type.Literal('review'),
  Type.Literal('redact'),
  Type.Literal('block'),
  Type.Literal('error'),
])

const Trust = Type.Union([
  Type.Literal('actual'),
  Type.Literal('estimated'),
  Type.Literal('included'),
  Type.Literal('unknown'),
])

export const FindingSchema = Type.Object({
  category: Type.String(),
  rule: Type.String(),
  severity: Type.Union([Type.Literal('low'), Type.Literal('medium'), Type.Literal('high'), Type.Literal('critical')]),
  start: Type.Integer({ description: 'Offset in the original text of the unit, in JavaScript string units.' }),
  end: Type.Integer(),
  unit: Type.Integer(),
  view: Type.String({ description: 'The view it matched in: raw, base64, hex, …' }),
  title: Type.String(),
})

const item = {
  id: Type.String(),
  at: Type.Integer({ description: 'Milliseconds UTC.' }),
  verdict: Verdict,
  action: Type.Union([
    Type.Literal('forwarded'),
    Type.Literal('redacted'),
    Type.Literal('held'),
    Type.Literal('refused'),
    Type.Literal('cut'),
  ]),
  model: Type.String(),
  provider: Nullable(Type.String()),
  route: Nullable(Type.Union([Type.Literal('direct'), Type.Literal('litellm'), Type.Literal('demo')])),
  key: Nullable(Type.Object({ id: Type.String(), label: Type.String() })),
  status: Type.Integer(),
  stream: Type.Boolean(),
  dialect: Type.Union([Type.Literal('openai'), Type.Literal('anthropic')]),
  path: Type.String({ description: 'Address on the model path, `/v1/messages` for example.' }),
  tokens: Nullable(Type.Object({ input: Type.Integer(), output: Type.Integer() })),
  cost: Nullable(
    Type.Object({
      micros: Type.Integer({ description: 'Millionths of the currency.' }),
      currency: Type.String(),
      trust: Trust,
    }),
  ),
  firstByteMs: Nullable(Type.Number()),
  latencyMs: Type.Number(),
  scanMs: Type.Number(),
  score: Type.Number(),
  threshold: Type.Number(),
  scannedBytes: Type.Integer(),
  unscannedBytes: Type.Integer(),
  error: Nullable(Type.String()),
  findings: Type.Array(FindingSchema),
}

export const ItemSchema = Type.Object(item)

export const DetailSchema = Type.Object({
  ...item,
  texts: Nullable(
    Type.Array(
      Type.Object({
        unit: Type.Integer(),
        origin: Type.String(),
        direction: Type.Union([Type.Literal('inbound'), Type.Literal('outbound')]),
        tool: Nullable(Type.String()),
        text: Type.String(),
        omitted: Type.Integer({ description: 'Characters left out at the end.' }),
        removed: Type.Array(Type.Object({ start: Type.Integer(), end: Type.Integer(), label: Type.String() })),
        marks: Type.Array(Type.Object({ start: Type.Integer(), end: Type.Integer(), finding: Type.Integer() }), {
          description: 'Findings by their place in this text.',
        }),
      }),
    ),
  ),
  textState: Type.Union(
    [Type.Literal('stored'), Type.Literal('none'), Type.Literal('denied'), Type.Literal('unreadable')],
    { description: 'Why texts is null: none on record, not permitted, or sealed with a lost key.' },
  ),
})

const totals = {
  allow: Type.Integer(),
  review: Type.Integer(),
  redact: Type.Integer(),
  block: Type.Integer(),
  error: Type.Integer(),
  tokensIn: Type.Integer(),
  tokensOut: Type.Integer(),
  tokensUnknown: Type.Integer({ description: 'Calls whose tokens nobody told.' }),
}

export const ChartSchema = Type.Object({
  from: Type.Integer(),
  to: Type.Integer(),
  bucketMs: Type.Integer(),
  points: Type.Array(Nullable(Type.Object({ at: Type.Integer(), ...totals })), {
    description: 'One a bucket; null where ClawNex was not watching.',
  }),
})

export const SummarySchema = Type.Object({
  from: Type.Integer(),
  to: Type.Integer(),
  calls: Nullable(Type.Integer()),
  totals: Nullable(Type.Object(totals)),
  cost: Type.Array(
    Type.Object({ currency: Type.String(), trust: Trust, micros: Type.Integer(), calls: Type.Integer() }),
  ),
  latency: Nullable(Type.Object({ p50Ms: Type.Number(), p95Ms: Type.Number() }, { description: 'Within 5 %.' })),
  previous: Nullable(Type.Object({ calls: Type.Integer(), ...totals })),
  topRules: Type.Array(Type.Object({ rule: Type.String(), title: Type.String(), calls: Type.Integer() }), {
    description: 'Rules that stopped or redacted calls in the range.',
  }),
})

export const SettingsSchema = Type.Object({
  textMode: Type.Union([Type.Literal('metadata'), Type.Literal('redacted'), Type.Literal('forensic')]),
  days: Type.Integer({ minimum: 1, maximum: 400 }),
  version: Type.Integer({ description: 'Send it as If-Match when changing the settings.' }),
})
