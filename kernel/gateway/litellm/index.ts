export { LiteLlmManager, type LiteLlmOptions, type Timings } from './manager.ts'
