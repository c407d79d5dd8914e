import type { LiteLlmStatus } from 'clawnex/contract'

export type LiteLlm = LiteLlmStatus

/** Worth a look. A start or an installation is not. */
export function isBad({ state, detail }: LiteLlm): boolean {
  return state === 'failed' || state === 'absent' || (state === 'ready' && detail !== null)
}

/** The state in a few words, with the progress of an installation. */
export function litellmWords({ state, swapping, progress }: LiteLlm): string {
  if (state === 'provisioning' && progress !== null) {
    const size = progress.megabytes > 0 ? `, ${progress.megabytes} MB` : ''
    return `LiteLLM installs, ${progress.packages} of ${progress.total} packages${size}`
  }
  if (state === 'ready' && swapping) return 'LiteLLM ready, replacement starts'
  return WORDS[state]
}

const WORDS: Readonly<Record<LiteLlm['state'], string>> = {
  off: 'LiteLLM off',
  absent: 'LiteLLM not available',
  provisioning: 'LiteLLM is looked for',
  idle: 'LiteLLM installed, no provider uses it',
  starting: 'LiteLLM starts',
  ready: 'LiteLLM ready',
  failed: 'LiteLLM failed',
}
