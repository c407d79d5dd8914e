import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseSteering } from '../../../../kernel/gateway/litellm/steering.ts'

test('orders to LiteLLM itself do not pass, what the vendors define does', () => {
  const orders = ['fallbacks', 'api_base', 'mock_response', 'litellm_trace_id', 'extra_headers', 'aws_region_name']
  for (const name of orders) {
    assert.throws(() => refuseSteering({ model: 'up/m', [name]: [] }), { code: 'GW_BODY', detail: RegExp(`"${name}"`) })
  }
  refuseSteering({
    model: 'up/m',
    messages: [],
    metadata: {},
    tools: [],
    stream: true,
    stream_options: {},
    user: 'u',
    seed: 1,
    reasoning_effort: 'low',
    service_tier: 'auto',
    store: false,
  })
})
