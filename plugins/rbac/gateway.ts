import { defineGatewayPlugin, MODEL_KEYS } from 'clawnex/contract'
import { KEY_TABLE } from './contract.ts'
import { createLookup } from './keys/lookup.ts'

export default defineGatewayPlugin({
  setup(host) {
    const lookup = createLookup(Date.now)
    lookup.replace(host.snapshot(KEY_TABLE))
    host.onSnapshot(KEY_TABLE, table => lookup.replace(table))
    host.offer(MODEL_KEYS, lookup)
  },
})
