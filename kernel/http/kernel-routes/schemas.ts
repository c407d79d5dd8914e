import { Type } from 'typebox'

const Text = Type.String()
const Millis = Type.Integer({ description: 'Milliseconds UTC.' })
const Nullable = <T extends import('typebox').TSchema>(schema: T) => Type.Union([schema, Type.Null()])

const ErrorSchema = Type.Object({
  code: Text,
  phase: Nullable(Text),
  message: Text,
  detail: Nullable(Text),
  advice: Text,
  action: Text,
  trace: Nullable(Type.String({ description: 'First lines of the stack or of the bundler, relative to the plugin.' })),
  at: Millis,
})

const Ranges = Type.Record(Text, Text)

export const PluginSchema = Type.Object({
  id: Text,
  title: Text,
  summary: Nullable(Text),
  version: Text,
  state: Type.String({
    description: 'absent, verified, staged, starting, active, draining, retired, failed, quarantined or stuck',
  }),
  generation: Type.Integer({ description: 'Number of the serving generation, 0 when none serves.' }),
  generations: Type.Array(
    Type.Object({
      generation: Type.Integer(),
      version: Text,
      state: Text,
      pins: Type.Integer({ description: 'Requests and jobs that still use it.' }),
      since: Millis,
    }),
  ),
  error: Nullable(ErrorSchema),
  needs: Ranges,
  wants: Ranges,
  builtin: Type.Boolean(),
  owns: Type.Object({
    routes: Type.Array(Text),
    migrations: Type.Array(Text),
    services: Type.Array(Text),
    points: Type.Array(Text),
    jobs: Type.Array(Text),
    effects: Type.Array(Text),
    ui: Type.Boolean(),
    gateway: Type.Boolean(),
  }),
  permissions: Type.Array(Type.Object({ name: Text, title: Text, roles: Type.Array(Text) })),
  capabilities: Type.Array(Type.Object({ name: Text, scope: Type.Optional(Type.Array(Text)), reason: Text })),
})

const Version = Nullable(Type.Object({ version: Text, generation: Type.Integer() }))

export const TransactionSchema = Type.Object({
  id: Type.Integer(),
  plugin: Text,
  closure: Type.Array(Text),
  from: Version,
  to: Version,
  result: Type.Union([Type.Literal('swapped'), Type.Literal('failed'), Type.Literal('removed')]),
  by: Text,
  steps: Type.Array(Type.Object({ phase: Text, state: Text, ms: Type.Number() })),
  error: Nullable(ErrorSchema),
  startedAt: Millis,
  ms: Type.Number(),
  swapMicros: Nullable(Type.Number()),
  drainedMs: Nullable(Type.Number()),
})

export const UiEntrySchema = Type.Object({
  plugin: Text,
  title: Text,
  version: Text,
  generation: Type.Integer(),
  hash: Text,
  url: Text,
})

export const MeSchema = Type.Object({
  id: Text,
  name: Text,
  kind: Type.Union([Type.Literal('session'), Type.Literal('key'), Type.Literal('system')]),
  person: Type.Boolean({ description: 'True only for someone at a browser session.' }),
  permissions: Type.Union([Type.Array(Text), Type.Literal('*')]),
  rbac: Type.Union([Type.Literal('on'), Type.Literal('off')]),
})

const LiteLlmSchema = Type.Object(
  {
    state: Type.Union([
      Type.Literal('off'),
      Type.Literal('absent'),
      Type.Literal('provisioning'),
      Type.Literal('idle'),
      Type.Literal('starting'),
      Type.Literal('ready'),
      Type.Literal('failed'),
    ]),
    swapping: Type.Boolean(),
    detail: Nullable(Text),
    version: Nullable(Text),
    progress: Nullable(Type.Object({ packages: Type.Integer(), total: Type.Integer(), megabytes: Type.Integer() })),
    pid: Nullable(Type.Integer()),
    port: Nullable(Type.Integer()),
    since: Nullable(Millis),
    switches: Type.Integer(),
    crashes: Type.Integer(),
    addedMs: Nullable(Type.Number()),
  },
  { description: 'Null until the gateway has told.' },
)

const GatewaySchema = Type.Object({
  connected: Type.Boolean(),
  since: Nullable(Millis),
  pid: Nullable(Type.Integer()),
  snapshotVersion: Nullable(Type.Integer()),
  spool: Nullable(
    Type.Object({
      pending: Type.Integer(),
      bytes: Type.Integer(),
      limit: Type.Integer(),
      dropped: Type.Integer(),
    }),
  ),
  plugins: Type.Array(
    Type.Object({
      id: Text,
      version: Text,
      generation: Type.Integer(),
      state: Text,
      error: Nullable(ErrorSchema),
    }),
  ),
  calls: Nullable(Type.Object({ active: Type.Integer(), total: Type.Integer() })),
  ready: Type.Boolean(),
  port: Nullable(Type.Integer()),
  litellm: Nullable(LiteLlmSchema),
})

export const StatusSchema = Type.Object({
  version: Text,
  uptimeMs: Type.Integer(),
  dashboard: Type.Object({ ready: Type.Boolean(), why: Nullable(Text), port: Type.Integer() }),
  gateway: Nullable(GatewaySchema),
  modelUrl: Nullable(Type.String({ description: 'Base address of the model path, without /v1.' })),
  shield: Type.Object({
    state: Type.Union(
      [Type.Literal('active'), Type.Literal('failed'), Type.Literal('absent'), Type.Literal('unknown')],
      {
        description: 'Whether a judge is at work in the gateway; unknown while no gateway is connected.',
      },
    ),
    version: Nullable(Text),
  }),
  plugins: Type.Object({ active: Type.Integer(), failed: Type.Array(Text) }),
  streams: Type.Integer({ description: 'Open live streams.' }),
})

export const ConfigSchema = Type.Object({
  version: Type.String({ description: 'configVersion of the stored value.' }),
  value: Type.Unknown(),
  schema: Type.Unknown(),
  etag: Type.String({ description: 'Send it as If-Match when changing the value.' }),
})
