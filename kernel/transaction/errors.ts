import {
  ERRORS,
  type ErrorReport,
  isCatalogued,
  type Phase,
  PluginError,
  type PluginErrorCode,
} from '../contract/index.ts'

/** What an uncatalogued throw means, by the phase it came from. */
const CODES: Readonly<Record<Phase, PluginErrorCode>> = {
  verify: 'PLG_MANIFEST_INVALID',
  bundle: 'PLG_BUNDLE_FAILED',
  evaluate: 'PLG_EVAL_FAILED',
  config: 'PLG_CONFIG_INVALID',
  rehearse: 'PLG_MIGRATION_FAILED',
  setup: 'PLG_SETUP_FAILED',
  migrate: 'PLG_MIGRATION_FAILED',
  probe: 'PLG_PROBE_FAILED',
  commit: 'PLG_PROBE_FAILED',
  announce: 'PLG_SETUP_FAILED',
  drain: 'PLG_DRAIN_FORCED',
  retire: 'PLG_UNDO_FAILED',
  run: 'PLG_SETUP_FAILED',
}

const TRACE_LINES = 8

/** Every error of a transaction as a PluginError of its phase. Errors of the plugin catalogue keep their code. */
export function asPluginError(
  error: unknown,
  where: { phase: Phase; plugin: string; generation?: number },
): PluginError {
  if (error instanceof PluginError) return error
  if (isCatalogued(error) && error.code.startsWith('PLG_')) {
    const details = { cause: error.cause ?? error, ...(error.detail === undefined ? {} : { detail: error.detail }) }
    return new PluginError(error.code as PluginErrorCode, where, details)
  }
  const detail = error instanceof Error ? error.message : String(error)
  return new PluginError(CODES[where.phase], where, { detail, cause: error })
}

/** The error as plain data. It holds no reference into the plugin's code, so it may be kept for long. */
export function toErrorReport(error: PluginError, folder: string | null): ErrorReport {
  const { title, action, advice } = ERRORS[error.code]
  return {
    code: error.code,
    phase: error.phase,
    message: title,
    detail: error.detail ?? null,
    advice,
    action,
    trace: traceOf(error, folder),
    at: Date.now(),
  }
}

/** The root cause is what the author can act on, so its stack is shown rather than the kernel's own. */
function traceOf(error: Error, folder: string | null): string | null {
  let root: unknown = error
  while (root instanceof Error && root.cause instanceof Error) root = root.cause
  if (!(root instanceof Error) || root === error) return null
  const lines = (root.stack ?? root.message).split('\n').slice(0, TRACE_LINES)
  const text = lines.join('\n')
  return folder === null ? text : text.replaceAll(`${folder}/`, '')
}
