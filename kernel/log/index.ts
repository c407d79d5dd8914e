export { formatLogLine } from './format.ts'
export { createLogger, type KernelLogger, type LogOptions } from './logger.ts'
export { redact, redactText } from './redact.ts'
