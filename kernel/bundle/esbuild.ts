import type { BuildOptions, BuildResult } from 'esbuild'

const IDLE_MS = 5_000

let loaded: typeof import('esbuild') | undefined
let running = 0
let idle: NodeJS.Timeout | undefined

/**
 * Runs one build. esbuild is loaded with the first one and its service process ends after a few idle seconds, so a process
 * whose bundles are all cached never pays for it.
 */
export async function build(options: BuildOptions): Promise<BuildResult<{ write: false; metafile: true }>> {
  loaded ??= await import('esbuild')
  clearTimeout(idle)
  running += 1
  try {
    return await loaded.build({ ...options, write: false, metafile: true })
  } finally {
    running -= 1
    if (running === 0) idle = setTimeout(() => void stopBundler(), IDLE_MS).unref()
  }
}

/** Ends the service process now unless a build is running. The next build starts a new one. */
export async function stopBundler(): Promise<void> {
  if (running > 0) return
  clearTimeout(idle)
  await loaded?.stop()
}
