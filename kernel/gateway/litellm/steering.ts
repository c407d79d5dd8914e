/**
 * Members of a call that LiteLLM takes as orders to itself. They would let a caller choose another model than its key allows,
 * another address, or an answer without any model; what the model path has checked must be what happens.
 */
import { GatewayError } from '../../contract/index.ts'

const ORDERS = new Set([
  'api_base',
  'api_key',
  'api_type',
  'api_version',
  'base_url',
  'cache',
  'caching',
  'callbacks',
  'content_policy_fallbacks',
  'context_window_fallbacks',
  'custom_llm_provider',
  'custom_prompt_dict',
  'deployment_id',
  'extra_body',
  'extra_headers',
  'failure_callback',
  'fallbacks',
  'guardrails',
  'headers',
  'litellm_metadata',
  'model_list',
  'num_retries',
  'organization',
  'proxy_server_request',
  'router_settings_override',
  'secret_fields',
  'success_callback',
  'tags',
  'user_config',
])
const PREFIXES = ['litellm_', 'mock_', 'disable_global_guardrail', 'aws_', 'azure_', 'vertex_']

/** Throws GW_BODY naming the member. */
export function refuseSteering(body: Readonly<Record<string, unknown>>): void {
  const found = Object.keys(body).find(name => ORDERS.has(name) || PREFIXES.some(prefix => name.startsWith(prefix)))
  if (found === undefined) return
  throw new GatewayError('GW_BODY', { detail: `"${found}" is not taken on the way through LiteLLM.` })
}
