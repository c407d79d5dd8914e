import type { Logger } from '../contract/index.ts'

/** A logger that adds fields to every line. Uses the logger's own children where it has them. */
export function childLog(log: Logger, fields: Record<string, unknown>): Logger {
  if ('child' in log && typeof log.child === 'function') return log.child(fields) as Logger
  return {
    debug: (more, message) => log.debug({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  }
}
