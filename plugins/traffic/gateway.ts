import { defineGatewayPlugin, RECORDING } from 'clawnex/contract'
import { RECORDING_SETTINGS } from './contract.ts'

export default defineGatewayPlugin({
  setup(host) {
    // Before the first snapshot nothing but metadata: the operator's choice is not known yet.
    host.offer(RECORDING, { textMode: () => host.snapshot(RECORDING_SETTINGS)?.textMode ?? 'metadata' })
  },
})
