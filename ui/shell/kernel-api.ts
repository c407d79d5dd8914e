/** Bodies of the kernel's own routes beyond those that the contract describes, as far as the shell reads them. */
import type { GatewayStatus } from '../../kernel/contract/index.ts'

export interface KernelStatus {
  readonly version: string
  readonly uptimeMs: number
  readonly dashboard: { readonly port: number }
  /** Base address of the model path, without `/v1`; null while its plugin or the gateway is absent. */
  readonly modelUrl: string | null
  /** Whether a judge is at work in the gateway. */
  readonly shield: { readonly state: 'active' | 'failed' | 'absent' | 'unknown'; readonly version: string | null }
  readonly gateway: GatewayStatus | null
}

export interface Items<T> {
  readonly items: readonly T[]
}
