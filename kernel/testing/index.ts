/** For authors of plugins: `import { bench } from 'clawnex/testing'`. */
export { type AnyDefinition, type Bench, type BenchOptions, bench, type LogLine } from './bench.ts'
export { type Answer, actorWith, type Call, OPERATOR } from './routes.ts'
