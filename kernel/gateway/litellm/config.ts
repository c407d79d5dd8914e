/** LiteLLM's configuration, made from the provider table. */
import { createHash } from 'node:crypto'
import type { LiteLlmProvider } from '../../contract/index.ts'

export interface CanaryEntry {
  /** Base address of the canary's own upstream, with `/v1`. */
  readonly baseUrl: string
  /** Model name that nobody can guess. */
  readonly model: string
}

export interface LiteLlmConfig {
  /** JSON, which is YAML; every name is quoted. Holds no secret: keys are named by variable. */
  readonly text: string
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>
}

/** What the model path calls, and nothing else. */
const ROUTES = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/embeddings',
  '/v1/models',
  '/health/liveliness',
  '/health/readiness',
]
/** Longer than any call may take on the model path, which has the last word on time. */
const REQUEST_S = 3_600

export function buildConfig(
  providers: readonly LiteLlmProvider[],
  canary: CanaryEntry,
  parts: { readonly masterKey: string; readonly home: string; readonly env: NodeJS.ProcessEnv },
): LiteLlmConfig {
  const models = providers.map((provider, at) => ({
    model_name: `${provider.id}/*`,
    litellm_params: {
      model: `${provider.dialect}/*`,
      // LiteLLM adds the version itself where it speaks the messages API.
      api_base: provider.dialect === 'anthropic' ? provider.baseUrl.replace(/\/v1$/, '') : provider.baseUrl,
      api_key: provider.key === null ? 'none' : `os.environ/${keyVariable(at)}`,
    },
  }))
  const config = {
    model_list: [
      ...models,
      {
        model_name: canary.model,
        litellm_params: { model: `openai/${canary.model}`, api_base: canary.baseUrl, api_key: 'none' },
      },
    ],
    litellm_settings: {
      drop_params: true,
      num_retries: 0,
      request_timeout: REQUEST_S,
      turn_off_message_logging: true,
      use_chat_completions_url_for_anthropic_messages: true,
    },
    router_settings: { num_retries: 0, disable_cooldowns: true },
    general_settings: { master_key: 'os.environ/LITELLM_MASTER_KEY', allowed_routes: ROUTES },
  }
  return { text: JSON.stringify(config, null, 1), env: buildEnv(providers, parts) }
}

/** Two tables with the same fingerprint make the same process. */
export function fingerprint(providers: readonly LiteLlmProvider[]): string {
  const rows = providers.map(({ id, dialect, baseUrl, key }) => [id, dialect, baseUrl, key]).sort()
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
}

/** Nothing is inherited but where trusted certificates lie. Private names: the common ones would arm routes of LiteLLM's own. */
function buildEnv(
  providers: readonly LiteLlmProvider[],
  { masterKey, home, env }: { readonly masterKey: string; readonly home: string; readonly env: NodeJS.ProcessEnv },
): Record<string, string> {
  const keys = providers.flatMap(({ key }, at) => (key === null ? [] : [[keyVariable(at), key] as const]))
  const certificates = ['SSL_CERT_FILE', 'SSL_CERT_DIR'].flatMap(name =>
    env[name] ? [[name, env[name]] as const] : [],
  )
  return {
    ...Object.fromEntries([...keys, ...certificates]),
    LITELLM_MASTER_KEY: masterKey,
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_MODE: 'PRODUCTION',
    LITELLM_LOG: 'WARNING',
    NO_DOCS: 'True',
    NO_REDOC: 'True',
    NO_OPENAPI: 'True',
    HOME: home,
    PATH: '/usr/bin:/bin',
  }
}

function keyVariable(at: number): string {
  return `CX_UP_${at + 1}`
}
