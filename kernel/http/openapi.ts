/** The OpenAPI 3.1 document, generated from the routes that are live. */
import { ERRORS, type ErrorCode, type RouteSpec } from '../contract/index.ts'
import { closeObjects, plain } from './schema.ts'

type Json = Record<string, unknown>

export interface RouteGroup {
  /** Segment below `/api/v1/`. */
  readonly plugin: string
  readonly title: string
  readonly specs: readonly RouteSpec[]
}

const COMMON: readonly ErrorCode[] = ['API_BAD_REQUEST', 'API_HOST', 'API_RATE', 'API_INTERNAL', 'API_UNAVAILABLE']
const SECURITY = [{ session: [] }, { bearer: [] }, { apiKey: [] }]

export function describeApi(groups: readonly RouteGroup[], version: string, cookie: string): Json {
  const paths: Record<string, Json> = systemPaths()
  for (const { plugin, specs } of groups) {
    for (const spec of specs) {
      const path = `/api/v1/${plugin}${spec.path}`.replace(/:([A-Za-z_]\w*)/g, '{$1}')
      const item = paths[path] ?? {}
      item[spec.method.toLowerCase()] = describeRoute(plugin, spec)
      paths[path] = item
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ClawNex',
      version,
      description: 'Everything the dashboard does. Errors are problem details (RFC 9457) with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'system' }, ...groups.map(({ plugin, title }) => ({ name: plugin, description: title }))],
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: cookie },
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  }
}

function describeRoute(plugin: string, spec: RouteSpec): Json {
  const status = spec.status ?? (spec.reply === undefined ? 204 : 200)
  return {
    operationId: `${plugin}.${spec.method.toLowerCase()}${spec.path.replace(/\/:?/g, '.')}`,
    tags: [plugin],
    summary: spec.summary,
    security: spec.public === true ? [] : SECURITY,
    ...(spec.permission === undefined ? {} : { 'x-permission': spec.permission }),
    ...(spec.audit === undefined ? {} : { 'x-audit': spec.audit }),
    parameters: parametersOf(spec),
    ...(spec.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: closeObjects(spec.body) } } } }),
    responses: { [status]: describeReply(spec), ...describeErrors(spec) },
  }
}

function describeReply(spec: RouteSpec): Json {
  if (spec.reply === undefined) return { description: 'Done.' }
  const example = spec.example === undefined ? {} : { example: spec.example }
  return { description: 'The reply.', content: { 'application/json': { schema: plain(spec.reply), ...example } } }
}

function parametersOf(spec: RouteSpec): Json[] {
  const inPath = [...spec.path.matchAll(/:([A-Za-z_]\w*)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: propertyOf(spec.params, name as string) ?? { type: 'string' },
  }))
  const query = spec.query === undefined ? {} : plain(spec.query)
  const required = (query['required'] as string[] | undefined) ?? []
  const inQuery = Object.entries((query['properties'] as Record<string, Json> | undefined) ?? {}).map(
    ([name, schema]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      ...(typeof schema['description'] === 'string' ? { description: schema['description'] } : {}),
      schema,
    }),
  )
  return [...inPath, ...inQuery]
}

function propertyOf(schema: object | undefined, name: string): Json | undefined {
  if (schema === undefined) return undefined
  return (plain(schema)['properties'] as Record<string, Json> | undefined)?.[name]
}

/** One response a status, naming all codes that come with it. */
function describeErrors(spec: RouteSpec): Json {
  const codes = new Set<ErrorCode>([...COMMON, ...codesOf(spec), ...(spec.errors ?? [])])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code])
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, list]) => [
        String(status),
        {
          description: list.map(code => `\`${code}\`: ${ERRORS[code].title}`).join(' '),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  )
}

function codesOf(spec: RouteSpec): ErrorCode[] {
  return [
    ...(spec.public === true ? [] : (['API_NO_CREDENTIAL', 'API_CREDENTIAL_INVALID', 'API_FORBIDDEN'] as const)),
    ...((spec.params ?? spec.query ?? spec.body) ? (['API_INVALID'] as const) : []),
    ...(spec.body === undefined
      ? []
      : (['API_JSON_INVALID', 'API_JSON_DEPTH', 'API_TOO_LARGE', 'API_CONTENT_TYPE', 'API_TIMEOUT'] as const)),
    ...(spec.method === 'GET' ? [] : (['API_ORIGIN', 'API_STORE'] as const)),
  ]
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'action', 'trace'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    detail: { type: 'string' },
    action: { type: 'string', description: 'What the reader can do.' },
    trace: { type: 'string', description: 'Stands in the log line of the same request.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'message'],
        properties: {
          pointer: { type: 'string', description: 'Into the body; `/query/…` and `/path/…` for the address.' },
          message: { type: 'string' },
        },
      },
    },
  },
}

function systemPaths(): Record<string, Json> {
  const text = (description: string, type: string): Json => ({
    description,
    content: { [type]: { schema: { type: type === 'application/json' ? 'object' : 'string' } } },
  })
  const get = (id: string, summary: string, responses: Json, security: unknown[] = []): Json => ({
    get: { operationId: `system.${id}`, tags: ['system'], summary, security, responses },
  })
  return {
    '/api/health': get('health', 'Says that the process answers.', { 200: text('Alive.', 'application/json') }),
    '/api/ready': get('ready', 'Says whether requests can be served.', {
      200: text('Ready.', 'application/json'),
      503: text('Not ready; `why` says what is missing.', 'application/json'),
    }),
    '/api/v1/events': get(
      'events',
      'Live events the caller may see, as server-sent events. `Last-Event-ID` resumes; `reset` says to read all again.',
      { 200: text('The stream.', 'text/event-stream') },
      SECURITY,
    ),
  }
}
