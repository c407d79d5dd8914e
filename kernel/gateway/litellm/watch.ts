import type { Logger } from '../../contract/index.ts'
import type { LiteLlmChild } from './child.ts'

/** Answers missed in a row after which a process counts as hanging. */
const MISSES = 3

/** Asks a process regularly whether it lives, and kills it when it does not answer. Returns what stops that. */
export function watchChild(child: LiteLlmChild, everyMs: number, log: Logger): () => void {
  let missed = 0
  const timer = setInterval(() => {
    child.probe().then(
      () => {
        missed = 0
      },
      error => {
        missed += 1
        log.warn({ missed, error: messageOf(error) }, 'LiteLLM did not answer')
        if (missed >= MISSES) void child.kill()
      },
    )
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000)
}
