export { LiteLlmManager } from './manager.ts'
export type { LiteLlmOptions, Timings } from './options.ts'
