import { type Static, type TSchema, Type } from 'typebox'

const Dialect = Type.Union([Type.Literal('openai'), Type.Literal('anthropic')])

const Route = Type.Union([Type.Literal('auto'), Type.Literal('litellm'), Type.Literal('direct')], {
  description: 'auto: through LiteLLM when it is ready, else direct when the provider speaks the dialect of the call.',
})

const Price = Type.Object(
  {
    input: Type.Integer({ minimum: 0 }),
    output: Type.Integer({ minimum: 0 }),
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    trust: Type.Union([Type.Literal('estimated'), Type.Literal('included')]),
  },
  { additionalProperties: false, description: 'Micro-units of the currency per million tokens.' },
)

const Models = Type.Union(
  [
    Type.Array(Type.String({ minLength: 1, maxLength: 200, pattern: '^\\S+$' }), { maxItems: 500, uniqueItems: true }),
    Type.Null(),
  ],
  { description: "The provider's own names; null lets every name through." },
)

const Timeouts = Type.Object(
  {
    firstByte: Type.Integer({ minimum: 1000, maximum: 3_600_000 }),
    idle: Type.Integer({ minimum: 1000, maximum: 3_600_000 }),
  },
  { additionalProperties: false, description: 'Milliseconds until the first byte, and between bytes.' },
)

const Key = Type.Union([Type.String({ minLength: 1, maxLength: 4096, pattern: '^[\\x21-\\x7e]+$' }), Type.Null()], {
  description: 'Write-only. Absent keeps the stored key, null removes it.',
})

const common = {
  title: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
  dialect: Type.Optional(Dialect),
  key: Type.Optional(Key),
  enabled: Type.Optional(Type.Boolean()),
  route: Type.Optional(Route),
  models: Type.Optional(Models),
  prices: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Price)),
  timeouts: Type.Optional(Timeouts),
}

const BaseUrl = Type.String({ minLength: 1, maxLength: 500 })

export const ProviderId = Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' })

export const CreateBody = Type.Object({ id: ProviderId, baseUrl: BaseUrl, ...common })
export const UpdateBody = Type.Object({ baseUrl: Type.Optional(BaseUrl), ...common })
export type UpdateInput = Static<typeof UpdateBody>

export const ProviderSchema = Type.Object({
  id: Type.String(),
  title: Type.String(),
  dialect: Dialect,
  baseUrl: Type.String(),
  keyLast4: Type.Union([Type.String(), Type.Null()], {
    description: 'The last four characters of the key, empty for a short one, null without a key.',
  }),
  enabled: Type.Boolean(),
  route: Route,
  models: Models,
  prices: Type.Record(Type.String(), Price),
  timeouts: Timeouts,
  source: Type.Union([Type.Literal('stored'), Type.Literal('run'), Type.Literal('builtin')]),
  serves: Type.Boolean({
    description: 'False while calls cannot reach it: it is switched off.',
  }),
  version: Type.Integer({ description: 'Send it as If-Match when changing the provider.' }),
  createdAt: Type.Union([Type.Integer(), Type.Null()]),
})

export const PresetSchema = Type.Object({
  id: Type.String(),
  title: Type.String(),
  dialect: Dialect,
  baseUrl: Type.String(),
  needsKey: Type.Boolean(),
  note: Type.Union([Type.String(), Type.Null()]),
})

export const TestSchema = Type.Object({
  ok: Type.Boolean(),
  status: Type.Union([Type.Integer(), Type.Null()]),
  models: Type.Union([Type.Array(Type.String()), Type.Null()]),
  problem: Type.Union([Type.String(), Type.Null()]),
  ms: Type.Integer(),
})

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

export const LiteLlmSchema = Type.Object({
  state: Type.Union([
    Type.Literal('off'),
    Type.Literal('absent'),
    Type.Literal('provisioning'),
    Type.Literal('idle'),
    Type.Literal('starting'),
    Type.Literal('ready'),
    Type.Literal('failed'),
  ]),
  swapping: Type.Boolean({ description: 'A replacement starts while the serving process goes on.' }),
  detail: Nullable(Type.String({ description: 'Why it is not ready, and what to do.' })),
  version: Nullable(Type.String()),
  progress: Nullable(Type.Object({ packages: Type.Integer(), total: Type.Integer(), megabytes: Type.Integer() })),
  pid: Nullable(Type.Integer()),
  port: Nullable(Type.Integer()),
  since: Nullable(Type.Integer()),
  switches: Type.Integer({ description: 'Processes that have taken over so far.' }),
  crashes: Type.Integer(),
  addedMs: Nullable(Type.Number({ description: 'Added by LiteLLM to a call, measured with a canary, milliseconds.' })),
})
