/**
 * The error catalogue: every error that leaves the kernel has a code from here.
 *
 * `status` is the HTTP status used where the error reaches an API caller, `advice` the class of remedy, `title` what happened in
 * one sentence, `action` what the reader can do. `ERRORS.md` is made from it.
 * `spec/kernel/contract/errors.spec.ts` fails when a code is raised nowhere or provoked by no spec.
 */
export type Advice = 'retry' | 'fix-config' | 'fix-code' | 'fix-request' | 'operator' | 'restart'

/** One line of the catalogue. */
export interface ErrorEntry {
  readonly status: number
  readonly advice: Advice
  readonly title: string
  readonly action: string
}

/** Phases of the hot-load transaction, in order; see `kernel/transaction`. */
export type Phase =
  | 'verify'
  | 'bundle'
  | 'evaluate'
  | 'config'
  | 'rehearse'
  | 'setup'
  | 'migrate'
  | 'probe'
  | 'commit'
  | 'announce'
  | 'drain'
  | 'retire'
  | 'run'

const entry = (status: number, advice: Advice, title: string, action: string): ErrorEntry => ({
  status,
  advice,
  title,
  action,
})

/** Errors of plugins and their life cycle. */
export const PLUGIN_ERRORS = {
  PLG_MANIFEST_MISSING: entry(
    422,
    'fix-code',
    'The folder has no plugin.json.',
    'Add plugin.json or remove the folder.',
  ),
  PLG_MANIFEST_INVALID: entry(
    422,
    'fix-code',
    'plugin.json does not match the manifest schema.',
    'Correct the field named in the detail.',
  ),
  PLG_API_RANGE: entry(
    422,
    'fix-code',
    'The plugin asks for a contract version this kernel does not serve.',
    'Set "api" to a range with one major that this kernel serves.',
  ),
  PLG_NEED_MISSING: entry(
    422,
    'operator',
    'A plugin that this one needs is absent or out of range.',
    'Install the needed plugin in the range named in the detail.',
  ),
  PLG_CYCLE: entry(
    422,
    'fix-code',
    'Plugins need each other in a circle.',
    'Turn one "needs" of the circle into "wants".',
  ),
  PLG_DUPLICATE: entry(
    422,
    'operator',
    'Two folders carry the same plugin id.',
    'Remove one of the two folders named in the detail.',
  ),
  PLG_INTEGRITY: entry(
    422,
    'operator',
    'A packed file differs from the hash in its manifest.',
    'Install the plugin again from its source.',
  ),
  PLG_BUNDLE_FAILED: entry(
    422,
    'fix-code',
    'The source could not be bundled.',
    'Correct the line named in the detail.',
  ),
  PLG_IMPORT_FORBIDDEN: entry(
    422,
    'fix-code',
    'The source imports a package that plugins may not use.',
    'Use a package from the allow-list, or the host.',
  ),
  PLG_UI_DUPLICATE_PREACT: entry(
    422,
    'fix-code',
    'The UI bundle carries a private copy of Preact.',
    'Import preact by its bare name; the shell provides it.',
  ),
  PLG_EVAL_FAILED: entry(
    422,
    'fix-code',
    'The bundle threw while it was evaluated.',
    'Keep the top level of the module free of effects.',
  ),
  PLG_NOT_A_PLUGIN: entry(
    422,
    'fix-code',
    'The entry does not export a plugin definition as default.',
    'Export default definePlugin({ … }).',
  ),
  PLG_CONFIG_INVALID: entry(
    422,
    'fix-config',
    'The stored configuration does not match the schema.',
    'Correct the field named in the detail.',
  ),
  PLG_MIGRATION_HISTORY: entry(
    422,
    'operator',
    'The migration history has a gap, a reordering or a changed file.',
    'Restore the original migration files.',
  ),
  PLG_MIGRATION_FAILED: entry(
    422,
    'fix-code',
    'A migration failed and was rolled back.',
    'Correct the statement named in the detail.',
  ),
  PLG_MIGRATION_BUDGET: entry(
    422,
    'fix-code',
    'The pending migrations take too long for a hot load.',
    'Move the work into a job, or restart to apply it.',
  ),
  PLG_MIGRATION_NOT_ADDITIVE: entry(
    422,
    'fix-code',
    'A hot migration drops, renames or touches a foreign table.',
    'Only add; use a contract migration for removals.',
  ),
  PLG_SETUP_FAILED: entry(422, 'fix-code', 'setup() threw.', 'See the cause; the previous generation keeps serving.'),
  PLG_SETUP_TIMEOUT: entry(422, 'fix-code', 'setup() did not finish in time.', 'Move slow work into a job.'),
  PLG_PROBE_FAILED: entry(
    422,
    'fix-code',
    'The new generation failed its probe.',
    'See the cause; the previous generation keeps serving.',
  ),
  PLG_CARRY_FAILED: entry(
    422,
    'fix-code',
    'carry() threw or returned something that is not JSON.',
    'Return plain JSON from carry().',
  ),
  PLG_DRAIN_FORCED: entry(
    200,
    'operator',
    'Requests of the old generation were ended at the hard deadline.',
    'End long work when host.signal fires.',
  ),
  PLG_UNDO_FAILED: entry(
    500,
    'restart',
    'An undo threw or never returned.',
    'Restart the process; the plugin is stuck until then.',
  ),
  PLG_STUCK: entry(409, 'restart', 'The plugin cannot be reloaded in this process.', 'Restart the process.'),
  PLG_QUARANTINED: entry(
    409,
    'operator',
    'Three loads failed within ten minutes.',
    'Correct the plugin, then reload it by hand.',
  ),
  PLG_GATEWAY_REFUSED: entry(
    422,
    'fix-code',
    'The gateway refused the new generation.',
    'See the cause; both planes keep the previous one.',
  ),
  PLG_PLANE_UNSUPPORTED: entry(
    500,
    'fix-code',
    'This host call does not exist on this plane.',
    'Call it from the entry of the other plane.',
  ),
  PLG_ROUTE_INVALID: entry(
    422,
    'fix-code',
    'A route declaration is incomplete or collides with another.',
    'Give it a permission or public: true, and a free path.',
  ),
  PLG_SERVICE_ABSENT: entry(
    503,
    'operator',
    'The plugin that offers this service is not active.',
    'Start the plugin named in the detail.',
  ),
  PLG_TABLE_FOREIGN: entry(
    500,
    'fix-code',
    'The plugin writes to a table that is not its own.',
    'Prefix the table with the plugin id; reach the data of others through their services.',
  ),
  PLG_FAULT: entry(
    500,
    'fix-code',
    'The plugin threw outside of any call.',
    'Catch what timers, listeners and promises throw; the trace names the line.',
  ),
  PLG_UNKNOWN: entry(404, 'fix-request', 'There is no plugin of that id.', 'GET /api/v1/kernel/plugins lists them.'),
} as const satisfies Record<string, ErrorEntry>

/** Errors of the dashboard's HTTP API. */
export const API_ERRORS = {
  API_BAD_REQUEST: entry(400, 'fix-request', 'The request could not be read.', 'Correct what the detail names.'),
  API_INVALID: entry(
    400,
    'fix-request',
    'The request does not match the schema of this route.',
    'Correct the fields listed in "errors".',
  ),
  API_JSON_INVALID: entry(400, 'fix-request', 'The body is not valid JSON.', 'Send one JSON value in UTF-8.'),
  API_JSON_DEPTH: entry(400, 'fix-request', 'The JSON is nested too deep.', 'Stay within 64 levels.'),
  API_NO_CREDENTIAL: entry(
    401,
    'fix-request',
    'No session and no API key came with the request.',
    'Open a new link with "clawnex open", or send an API key as bearer token.',
  ),
  API_CREDENTIAL_INVALID: entry(
    401,
    'fix-request',
    'The session or key is unknown, expired or revoked.',
    'Open a new link with "clawnex open", or use a valid key.',
  ),
  API_CREDENTIALS_AMBIGUOUS: entry(400, 'fix-request', 'Two different credentials came with one request.', 'Send one.'),
  API_FORBIDDEN: entry(
    403,
    'operator',
    'The caller lacks the permission this route needs.',
    'Ask for the permission named in the detail.',
  ),
  API_ORIGIN: entry(
    403,
    'fix-request',
    'The request came from a foreign origin.',
    'Use the dashboard itself, or a key without browser headers.',
  ),
  API_NOT_FOUND: entry(
    404,
    'fix-request',
    'Nothing lives at this address.',
    'GET /api/v1/openapi.json lists the routes.',
  ),
  API_METHOD: entry(405, 'fix-request', 'This address does not take that method.', 'See the Allow header.'),
  API_CONFLICT: entry(409, 'fix-request', 'The thing changed in between.', 'Read it again and repeat the change.'),
  API_PRECONDITION: entry(
    412,
    'fix-request',
    'If-Match names a version that is no longer current.',
    'Read it again and repeat the change.',
  ),
  API_TOO_LARGE: entry(
    413,
    'fix-request',
    'The body exceeds the limit of this route.',
    'Send less; the detail names the limit.',
  ),
  API_CONTENT_TYPE: entry(415, 'fix-request', 'This route does not take that content type.', 'Send application/json.'),
  API_HOST: entry(
    421,
    'fix-request',
    'The Host header names a host this server does not serve.',
    'Use the address printed at start.',
  ),
  API_HEADERS: entry(
    431,
    'fix-request',
    'The request has too many or too long header lines.',
    'Stay within 100 lines and 16 KiB.',
  ),
  API_TIMEOUT: entry(408, 'retry', 'The request did not arrive in time.', 'Send it again without pauses.'),
  API_RATE: entry(429, 'retry', 'Too many requests.', 'Wait for the seconds in Retry-After.'),
  API_INTERNAL: entry(
    500,
    'operator',
    'The request failed inside the server.',
    'See the log line with the same trace id.',
  ),
  API_STORE: entry(
    503,
    'operator',
    'The database cannot be written.',
    'Free disk space or make the data folder writable.',
  ),
  API_UNAVAILABLE: entry(503, 'retry', 'The server is starting or stopping.', 'Retry after a second.'),
} as const satisfies Record<string, ErrorEntry>

/** Errors of the model path; told to the caller in its own dialect. */
export const GATEWAY_ERRORS = {
  GW_KEY_MISSING: entry(401, 'fix-request', 'No ClawNex key came with the call.', 'Send Authorization: Bearer cnx_…'),
  GW_KEY_INVALID: entry(
    401,
    'fix-request',
    'The ClawNex key is unknown, expired or revoked.',
    'Make a new key in the dashboard under Settings.',
  ),
  GW_KEY_MODEL: entry(403, 'operator', 'The key may not use this model.', 'Use a model on the list of the key.'),
  GW_HOST: entry(421, 'fix-request', 'The Host header names a host this server does not serve.', 'Call 127.0.0.1.'),
  GW_ORIGIN: entry(
    403,
    'fix-request',
    'Browsers of other origins may not use the model path.',
    'Call it from a program.',
  ),
  GW_PATH: entry(
    404,
    'fix-request',
    'The model path does not serve this address.',
    'Use /v1/chat/completions, /v1/responses, /v1/messages, /v1/embeddings or /v1/models.',
  ),
  GW_METHOD: entry(405, 'fix-request', 'This address does not take that method.', 'See the Allow header.'),
  GW_CONTENT_TYPE: entry(415, 'fix-request', 'The call is not application/json.', 'Send JSON.'),
  GW_BODY: entry(400, 'fix-request', 'The body is not a valid call.', 'Correct what the message names.'),
  GW_TOO_LARGE: entry(
    413,
    'fix-request',
    'The body exceeds the limit.',
    'Send less than the limit named in the message.',
  ),
  GW_UNSCANNABLE: entry(
    400,
    'fix-request',
    'The call has a part that cannot be scanned, so it was not forwarded.',
    'Leave the part out that the message names.',
  ),
  GW_MODEL_UNKNOWN: entry(
    404,
    'fix-request',
    'No provider serves this model.',
    'GET /v1/models lists the models; address them as provider/model.',
  ),
  GW_BLOCKED: entry(400, 'operator', 'The shield stopped this call.', 'See the call in Traffic by its id.'),
  GW_SCANNER: entry(
    503,
    'operator',
    'The shield could not judge the call, so it was not forwarded.',
    'See Plugins in the dashboard.',
  ),
  GW_RECORDS_FULL: entry(
    503,
    'operator',
    'Calls cannot be put on record, so none is accepted.',
    'Free disk space or start the dashboard.',
  ),
  GW_NOT_READY: entry(
    503,
    'retry',
    'The model path cannot serve calls yet.',
    'Start the dashboard, see Plugins there, then retry.',
  ),
  GW_UPSTREAM_CONNECT: entry(502, 'retry', 'The provider could not be reached.', 'Check the address of the provider.'),
  GW_UPSTREAM_TIMEOUT: entry(
    504,
    'retry',
    'The provider did not answer in time.',
    'Retry, or raise the time limit of the provider.',
  ),
  GW_UPSTREAM_BROKEN: entry(
    502,
    'retry',
    'The provider broke off or sent something that is not the dialect.',
    'Retry; see the call in Traffic.',
  ),
  GW_UPSTREAM_TOO_LARGE: entry(
    502,
    'operator',
    'The answer exceeded the limit and was cut.',
    'Ask for less, or raise the limit of the provider.',
  ),
  GW_LITELLM: entry(
    503,
    'retry',
    'The provider is reached through LiteLLM, which is not ready.',
    'Retry in some seconds. "clawnex litellm status" says what it waits for.',
  ),
  GW_STOPPING: entry(503, 'retry', 'The model path is stopping.', 'Retry after a second.'),
  GW_INTERNAL: entry(
    500,
    'operator',
    'The call failed inside the model path and was not forwarded.',
    'See the log line with the same call id.',
  ),
} as const satisfies Record<string, ErrorEntry>

/** Errors of processes, files and the plane between the two processes. */
export const RUN_ERRORS = {
  RUN_PORT_TAKEN: entry(
    500,
    'operator',
    'The port is taken by another process.',
    'End that process, or choose another port with the flag named in the detail.',
  ),
  RUN_LITELLM: entry(
    503,
    'operator',
    'LiteLLM cannot be run.',
    'Do what the detail says, then "clawnex litellm provision". Direct routes work without it.',
  ),
  RUN_DATA_READONLY: entry(
    500,
    'operator',
    'The data folder cannot be written.',
    'Make it writable or choose another with --data.',
  ),
  RUN_DATA_LOCKED: entry(
    500,
    'operator',
    'Another ClawNex uses this data folder.',
    'Stop it, or choose another folder with --data.',
  ),
  RUN_DATA_LAYOUT: entry(
    500,
    'operator',
    'Something in the data folder is not what it must be.',
    'Move away what the detail names, or make it readable, then start again.',
  ),
  RUN_DATABASE_DAMAGED: entry(
    500,
    'operator',
    'The database is damaged.',
    'Put a copy from the backups folder in its place, or move the file away to begin anew.',
  ),
  RUN_DATABASE_NEWER: entry(
    500,
    'operator',
    'The database was written by a newer version.',
    'Start the newer version.',
  ),
  RUN_SNAPSHOT_INVALID: entry(
    500,
    'operator',
    'A snapshot is damaged, unsigned or older than the one in force.',
    'None: the last good one stays in force.',
  ),
  RUN_SPOOL_DAMAGED: entry(
    500,
    'operator',
    'The end of the spool is damaged; it was cut to the last whole record.',
    'None: everything before it was kept.',
  ),
  RUN_SPOOL_FULL: entry(503, 'operator', 'The spool reached its limit.', 'Start the dashboard so that it drains.'),
  RUN_SECRET_UNREADABLE: entry(
    500,
    'operator',
    'A sealed value cannot be opened with the key of this installation.',
    'Enter the secret again, or restore the key file.',
  ),
  RUN_KEYFILE_UNSAFE: entry(
    500,
    'operator',
    'The key file is a link or others may read it.',
    'Make it a regular file of mode 0600.',
  ),
  RUN_KEYFILE_MISSING: entry(
    500,
    'operator',
    'The key file is gone, and the database holds values sealed with it.',
    'Put keys/master.key back from your backup, or begin on a new folder with --data.',
  ),
  RUN_USAGE: entry(400, 'fix-request', 'The command line has an unknown flag or value.', 'See clawnex help.'),
  RUN_NODE_UNAVAILABLE: entry(
    500,
    'operator',
    'A Node.js that ClawNex can run on could not be provided.',
    'Install Node.js 22.22 or newer of that line (or 24) and start again.',
  ),
  RUN_PACKAGES_FAILED: entry(
    500,
    'operator',
    'The locked packages could not be installed.',
    'Check the network and the npm registry settings ("npm ping"), then start again.',
  ),
  RUN_BUILD_FAILED: entry(
    500,
    'fix-code',
    'The product could not be bundled.',
    'Correct the line named in the detail.',
  ),
  RUN_CHILD_FAILING: entry(
    500,
    'operator',
    'A process of ClawNex ends again and again before it is ready.',
    'Read its last lines in the detail, correct the cause and start again.',
  ),
  RUN_FAILED: entry(
    500,
    'operator',
    'A process of ClawNex ended for a reason that has no code of its own.',
    'Read the message and the last lines of the log, then start again.',
  ),
} as const satisfies Record<string, ErrorEntry>

/** Every code with its entry. */
export const ERRORS = { ...PLUGIN_ERRORS, ...API_ERRORS, ...GATEWAY_ERRORS, ...RUN_ERRORS } as const

/** Codes of a plugin's life, `PLG_…`. */
export type PluginErrorCode = keyof typeof PLUGIN_ERRORS
/** Codes of the dashboard's API, `API_…`. */
export type ApiErrorCode = keyof typeof API_ERRORS
/** Codes of the model path, `GW_…`. */
export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS
/** Codes of processes, stores and the plane, `RUN_…`. */
export type RunErrorCode = keyof typeof RUN_ERRORS
/** Any code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS

/** What a catalogued error says beyond its entry. */
export interface ErrorDetails {
  /** What happened here, with the names of the things involved. Never a secret. */
  detail?: string
  cause?: unknown
  /** Field errors: JSON pointer and what is wrong with it. */
  errors?: readonly { pointer: string; message: string }[]
  /** Further public members of the problem body or of the error in the caller's dialect. */
  extra?: Readonly<Record<string, unknown>>
}

/** Base of all catalogued errors. Bundles of different generations share it by `code`, so test with `isCatalogued`. */
export class CataloguedError extends Error {
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly errors: readonly { pointer: string; message: string }[] | undefined
  readonly extra: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.detail ? `${ERRORS[code].title} ${details.detail}` : ERRORS[code].title, { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.detail = details.detail
    this.errors = details.errors
    this.extra = details.extra
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code]
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get advice(): Advice {
    return ERRORS[this.code].advice
  }
}

/** An error of a plugin's life, always with the phase and generation it belongs to. */
export class PluginError extends CataloguedError {
  readonly phase: Phase
  readonly plugin: string
  readonly generation: number

  constructor(
    code: PluginErrorCode,
    where: { phase: Phase; plugin: string; generation?: number },
    details: ErrorDetails = {},
  ) {
    super(code, details)
    this.phase = where.phase
    this.plugin = where.plugin
    this.generation = where.generation ?? 0
  }
}

/** Thrown by route handlers and the HTTP layer; becomes a problem body. */
export class ApiError extends CataloguedError {
  constructor(code: ApiErrorCode | PluginErrorCode | RunErrorCode, details: ErrorDetails = {}) {
    super(code, details)
  }
}

/** Thrown inside the model path; becomes an error in the caller's dialect. */
export class GatewayError extends CataloguedError {
  constructor(code: GatewayErrorCode, details: ErrorDetails = {}) {
    super(code, details)
  }
}

/** Thrown by processes, stores and the plane. */
export class RunError extends CataloguedError {
  constructor(code: RunErrorCode, details: ErrorDetails = {}) {
    super(code, details)
  }
}

/** True for a catalogued error of any bundle. */
export function isCatalogued(error: unknown): error is CataloguedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code in ERRORS
}
