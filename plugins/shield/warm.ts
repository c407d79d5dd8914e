import type { Release } from 'clawnex/contract'
import type { Engine } from './engine/index.ts'
import { RULES } from './rules/index.ts'

/** How long one slice may keep the event loop, milliseconds. */
const SLICE_MS = 3
const PAUSE_MS = 2
/** Both planes start side by side on few cores; what nobody waits for yet comes after them. */
const FIRST_MS = 1_000

/**
 * Runs the engine over the examples of its own rules, a slice at a time. V8 compiles a pattern when it is first tried, about 70 ms
 * for all of them together: without this the first real call would pay for it. The undo stops what is left of it.
 */
export function warmUp(engine: Engine): Release {
  const texts = RULES.flatMap(rule => [...rule.examples.must, ...rule.examples.not])
  let next = 0
  let timer = setTimeout(step, FIRST_MS)
  function step(): void {
    const until = performance.now() + SLICE_MS
    while (next < texts.length && performance.now() < until) {
      const text = texts[next] as string
      next += 1
      engine.assess({ origin: 'user', direction: 'inbound', text })
      engine.assess({ origin: 'tool_call', direction: 'outbound', text, tool: 'shell' })
    }
    if (next < texts.length) timer = setTimeout(step, PAUSE_MS)
  }
  return () => clearTimeout(timer)
}
