import { Type } from 'typebox'

export const Mode = Type.Union([Type.Literal('OBSERVE'), Type.Literal('BLOCK')])
const SeverityName = Type.Union([
  Type.Literal('low'),
  Type.Literal('medium'),
  Type.Literal('high'),
  Type.Literal('critical'),
])

export const Status = Type.Object({
  mode: Mode,
  /** Score from which a call is stopped, and from which it is marked. */
  threshold: Type.Integer(),
  review: Type.Integer(),
  changedAt: Type.Union([Type.Integer(), Type.Null()]),
  changedBy: Type.Union([Type.String(), Type.Null()]),
  rules: Type.Object({
    count: Type.Integer(),
    keywords: Type.Integer(),
    /** Changes when any rule changes. */
    version: Type.String(),
    categories: Type.Record(Type.String(), Type.Integer()),
  }),
})

export const RuleRow = Type.Object({
  id: Type.String(),
  category: Type.String(),
  severity: SeverityName,
  title: Type.String(),
  /** 0 to 1: what one match says on its own, by who wrote the text. */
  weight: Type.Object({ user: Type.Number(), data: Type.Number(), model: Type.Number() }),
  /** What is done in BLOCK mode. */
  effect: Type.Union([Type.Literal('block'), Type.Literal('redact'), Type.Literal('note')]),
  keywords: Type.Array(Type.String()),
})

export const ScanBody = Type.Object(
  {
    text: Type.String({ maxLength: 500_000 }),
    origin: Type.Optional(
      Type.Union([
        Type.Literal('user'),
        Type.Literal('system'),
        Type.Literal('developer'),
        Type.Literal('assistant'),
        Type.Literal('tool_call'),
        Type.Literal('tool_result'),
        Type.Literal('web'),
        Type.Literal('file'),
        Type.Literal('model'),
      ]),
    ),
    direction: Type.Optional(Type.Union([Type.Literal('inbound'), Type.Literal('outbound')])),
  },
  { additionalProperties: false },
)

export const ScanReply = Type.Object({
  verdict: Type.Union([Type.Literal('allow'), Type.Literal('review'), Type.Literal('redact'), Type.Literal('block')]),
  score: Type.Integer(),
  threshold: Type.Integer(),
  mode: Mode,
  findings: Type.Array(
    Type.Object({
      category: Type.String(),
      rule: Type.String(),
      severity: SeverityName,
      confidence: Type.Number(),
      start: Type.Integer(),
      end: Type.Integer(),
      view: Type.String(),
      title: Type.String(),
    }),
  ),
  redacted: Type.String(),
  ms: Type.Number(),
})
