import type { Logger } from '../contract/index.ts'
import type { Kernel } from '../ports.ts'

/**
 * What nobody caught. Where a third-party plugin is to blame, the kernel takes it out and the process goes on; anything else
 * leaves it in an unknown state, so it ends and the supervisor starts it anew. Rejections that nobody handles come here too.
 */
export function handleFaults(log: Logger, kernel: () => Kernel | undefined): void {
  process.on('uncaughtException', error => {
    if (kernel()?.fault?.(error) === true) return
    log.error({ err: error }, 'an error that nobody caught ends the process')
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  })
}
